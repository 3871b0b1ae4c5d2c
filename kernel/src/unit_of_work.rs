//! A unit of work: what one request (or command) changes, in one transaction. Domain operations that write
//! take it as their first argument and never commit; its creator commits once, when all is done.

use crate::{
    Kernel,
    db::Transaction,
    error::Result,
    events::{self, Actor},
    ledger::{NewJob, PendingPush},
    transport::{self, Wakeup},
};
use chrono::{DateTime, Utc};
use entities::{
    event,
    ids::{EndpointId, JobId},
};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One transaction, begun when it is first needed. Dropped without a commit, it has done nothing.
pub struct UnitOfWork {
    /// The handles.
    pub kernel: Kernel,
    /// Who makes the changes, and for whom.
    pub actor: Actor,
    keeps_plans: bool,
    transaction: tokio::sync::Mutex<Option<Transaction>>,
    pending: Mutex<Pending>,
}

/// What the commit has to do beyond the transaction.
#[derive(Default)]
struct Pending {
    /// Recorded, and written together: see [`UnitOfWork::flush`].
    events: Vec<event::Model>,
    pushes: PendingPush,
    stopping: Vec<JobId>,
    wakeups: Vec<EndpointId>,
}

impl UnitOfWork {
    /// Nothing is begun yet.
    pub fn new(kernel: Kernel, actor: Actor) -> Self {
        Self {
            kernel,
            actor,
            keeps_plans: false,
            transaction: tokio::sync::Mutex::default(),
            pending: Mutex::default(),
        }
    }

    /// A unit of work for a batch, whose statements are those that [`GenericPlanStatement`](crate::db::GenericPlanStatement) is for.
    pub fn for_batch(kernel: Kernel, actor: Actor) -> Self {
        Self { keeps_plans: true, ..Self::new(kernel, actor) }
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        self.kernel.clock.now()
    }

    /// The transaction, begun on first use. It is shared, and runs one statement at a time. The commit fails while
    /// somebody still holds it.
    pub async fn transaction(&self) -> Result<Transaction> {
        let mut transaction = self.transaction.lock().await;
        if let Some(begun) = &*transaction {
            return Ok(begun.clone());
        }
        let db = &self.kernel.db;
        let begun = if self.keeps_plans { db.begin_generic_plans().await? } else { db.begin().await? };
        Ok(transaction.insert(begun).clone())
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records events of the change within the transaction. Those of one transaction are written together, at its
    /// end: a change of many parts has many events, and to write them costs a statement each time.
    pub fn record(&self, events: impl IntoIterator<Item = event::Model>) {
        self.pending().events.extend(events);
    }

    /// Writes the events that were recorded so far. The commit does it; before it, only whoever writes what has to
    /// come last in the transaction.
    pub async fn flush(&self) -> Result<()> {
        let events = std::mem::take(&mut self.pending().events);
        if events.is_empty() {
            return Ok(());
        }
        let pushes = events::record(&self.transaction().await?, &events).await?;
        self.enqueue_on_commit(pushes);
        Ok(())
    }

    /// Whether nothing was begun, nor anything recorded.
    pub(crate) async fn is_untouched(&self) -> bool {
        self.transaction.lock().await.is_none() && self.pending().events.is_empty()
    }

    /// Enqueues a job with the events that tell of it. Where nothing else is being changed it is durable
    /// when this returns, committed together with those of other callers; else it is part of the transaction.
    pub async fn enqueue(&self, job: NewJob, events: Vec<event::Model>) -> Result<()> {
        if self.is_untouched().await {
            self.kernel.enqueuer.enqueue_with(job, events).await?;
            return Ok(());
        }
        let enqueued = crate::ledger::enqueue(&self.transaction().await?, vec![job], self.now()).await?;
        self.enqueue_on_commit(enqueued.pushes);
        self.record(events);
        Ok(())
    }

    /// Records an event that nothing else goes with. It is durable when this returns, committed together with
    /// those of other callers, unless something was begun before: then it is part of the transaction.
    pub async fn publish(&self, event: event::Model) -> Result<()> {
        if self.is_untouched().await {
            return self.kernel.enqueuer.record(event).await;
        }
        self.record([event]);
        Ok(())
    }

    /// Tells the workers, once the transaction is committed, that this endpoint has changed.
    pub fn notify_on_commit(&self, endpoint: EndpointId) {
        self.pending().wakeups.push(endpoint);
    }

    /// Hands the tickets out once the transaction is committed.
    pub fn enqueue_on_commit(&self, pushes: PendingPush) {
        let mut pending = self.pending();
        pending.pushes = std::mem::take(&mut pending.pushes).and(pushes);
    }

    /// Tells the workers, once the transaction is committed, that these running jobs are to stop.
    pub fn cancel_on_commit(&self, running: Vec<JobId>) {
        self.pending().stopping.extend(running);
    }

    /// Takes back what was begun. Dropping does it too, but later.
    pub async fn rollback(&self) -> Result<()> {
        *self.pending() = Pending::default();
        let begun = self.transaction.lock().await.take();
        match begun {
            Some(transaction) => Ok(transaction.rollback().await?),
            None => Ok(()),
        }
    }

    /// Commits what was begun, then tells those who wait for it. Afterwards the unit is as new.
    pub async fn commit(&self) -> Result<()> {
        self.flush().await?;
        let Pending { pushes, stopping, wakeups, .. } = std::mem::take(&mut *self.pending());
        let begun = self.transaction.lock().await.take();
        if let Some(transaction) = begun {
            transaction.commit().await?;
        }
        let transport = &*self.kernel.transport;
        crate::ledger::announce_cancel(transport, &stopping).await;
        pushes.push(transport).await;
        transport::announce_wakeups(transport, wakeups.into_iter().map(Wakeup::Changed)).await;
        Ok(())
    }
}
