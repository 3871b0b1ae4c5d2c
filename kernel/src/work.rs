//! A unit of work: what one request (or command) changes, in one transaction. Domain operations that write
//! take it as their first argument and never commit; whoever made it does, once, when all is done.

use crate::{
    Kernel, db,
    error::{Error, Result},
    events::{self, Actor},
    ledger::{NewJob, Tickets},
    transport::{self, Nudge},
};
use chrono::{DateTime, Utc};
use entities::{
    event,
    ids::{EndpointId, JobId},
};
use sea_orm::DatabaseTransaction;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

/// One transaction, begun when it is first needed. Dropped without a commit, it has done nothing.
pub struct Work {
    /// The handles.
    pub kernel: Kernel,
    /// Who makes the changes, and for whom.
    pub actor: Actor,
    keeps_plans: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    transaction: Option<db::Transaction>,
    /// Recorded, and written together: see [`Work::flush`].
    events: Vec<event::Model>,
    tickets: Tickets,
    stopping: Vec<JobId>,
    nudged: Vec<EndpointId>,
}

/// The open transaction; held for the statements of one step.
pub type Transaction<'a> = MappedMutexGuard<'a, DatabaseTransaction>;

impl Work {
    /// Nothing is begun yet.
    pub fn new(kernel: Kernel, actor: Actor) -> Self {
        Self { kernel, actor, keeps_plans: false, state: Mutex::default() }
    }

    /// The same, with the statements of a round: those that [`Db::prepared`](crate::Db::prepared) is for.
    pub fn of_round(kernel: Kernel, actor: Actor) -> Self {
        Self { keeps_plans: true, ..Self::new(kernel, actor) }
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        self.kernel.clock.now()
    }

    /// The transaction; begins it.
    pub async fn transaction(&self) -> Result<Transaction<'_>> {
        let mut state = self.state.lock().await;
        if state.transaction.is_none() {
            let db = &self.kernel.db;
            let begun = if self.keeps_plans { db.begin_prepared().await? } else { db.begin().await? };
            state.transaction = Some(begun);
        }
        MutexGuard::try_map(state, |state| state.transaction.as_deref_mut())
            .map_err(|_| Error::internal("the transaction that was just begun is not there"))
    }

    /// Records events of the change within the transaction. Those of one transaction are written together, at its
    /// end: a change of many parts has many events, and to write them costs a statement each time.
    pub async fn record(&self, events: impl IntoIterator<Item = event::Model> + Send) -> Result<()> {
        self.state.lock().await.events.extend(events);
        Ok(())
    }

    /// Writes the events that were recorded so far. The commit does it; before it, only whoever writes what has to
    /// come last in the transaction.
    pub async fn flush(&self) -> Result<()> {
        let events = std::mem::take(&mut self.state.lock().await.events);
        if events.is_empty() {
            return Ok(());
        }
        let tickets = events::record(&*self.transaction().await?, &events).await?;
        self.push_after(tickets).await;
        Ok(())
    }

    /// Whether nothing was begun, nor anything recorded.
    pub(crate) async fn is_fresh(&self) -> bool {
        let state = self.state.lock().await;
        state.transaction.is_none() && state.events.is_empty()
    }

    /// Enqueues a job with the events that tell of it. Where nothing else is being changed it is durable
    /// when this returns, committed together with those of other callers; else it is part of the transaction.
    pub async fn enqueue(&self, job: NewJob, events: Vec<event::Model>) -> Result<()> {
        if self.is_fresh().await {
            self.kernel.enqueuer.enqueue_with(job, events).await?;
            return Ok(());
        }
        let enqueued = crate::ledger::enqueue(&*self.transaction().await?, vec![job], self.now()).await?;
        self.push_after(enqueued.tickets).await;
        self.record(events).await
    }

    /// Records an event that nothing else goes with. It is durable when this returns, committed together with
    /// those of other callers, unless something was begun before: then it is part of the transaction.
    pub async fn publish(&self, event: event::Model) -> Result<()> {
        if self.is_fresh().await {
            return self.kernel.enqueuer.record(event).await;
        }
        self.record([event]).await
    }

    /// Tells the workers, once the transaction is committed, that this endpoint has changed.
    pub async fn nudge_after(&self, endpoint: EndpointId) {
        self.state.lock().await.nudged.push(endpoint);
    }

    /// Hands the tickets out once the transaction is committed.
    pub async fn push_after(&self, tickets: Tickets) {
        let mut state = self.state.lock().await;
        state.tickets = std::mem::take(&mut state.tickets).and(tickets);
    }

    /// Tells the workers, once the transaction is committed, that these running jobs are to stop.
    pub async fn stop_after(&self, running: Vec<JobId>) {
        self.state.lock().await.stopping.extend(running);
    }

    /// Takes back what was begun. Dropping does it too, but later.
    pub async fn abandon(&self) -> Result<()> {
        let State { transaction, .. } = std::mem::take(&mut *self.state.lock().await);
        match transaction {
            Some(transaction) => Ok(transaction.rollback().await?),
            None => Ok(()),
        }
    }

    /// Commits what was begun, then tells those who wait for it. Afterwards the unit is as new.
    pub async fn commit(&self) -> Result<()> {
        self.flush().await?;
        let State { transaction, tickets, stopping, nudged, .. } =
            std::mem::take(&mut *self.state.lock().await);
        if let Some(transaction) = transaction {
            transaction.commit().await?;
        }
        crate::ledger::announce_cancel(&*self.kernel.transport, &stopping).await;
        tickets.push(&*self.kernel.transport).await;
        let nudges = nudged.into_iter().map(Nudge::Changed);
        transport::announce_nudges(&*self.kernel.transport, nudges).await;
        Ok(())
    }
}
