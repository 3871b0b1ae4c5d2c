//! A unit of work: the changes of one request (or command), in one transaction. Domain operations that write take it as
//! their first argument and never commit; its creator commits once, at the end.

use crate::{
    Kernel,
    events::{self, Actor},
};
use chrono::{DateTime, Utc};
use engine::{
    ledger::{NewJob, PendingPush},
    transport::{self, Wakeup},
};
use entities::{event, ids::JobId};
use platform::{db::Transaction, error::Result};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One transaction, started when first needed. Dropped without a commit, it has no effect.
pub struct UnitOfWork {
    /// The handles.
    pub kernel: Kernel,
    /// The actor and its organization.
    pub actor: Actor,
    keeps_plans: bool,
    transaction: tokio::sync::Mutex<Option<Transaction>>,
    pending: Mutex<Pending>,
}

/// What to do after the commit.
#[derive(Default)]
struct Pending {
    /// Recorded events, written together: see [`UnitOfWork::flush`].
    events: Vec<event::Model>,
    pushes: PendingPush,
    stopping: Vec<JobId>,
    wakeups: Vec<Wakeup>,
}

impl UnitOfWork {
    /// Creates it without a transaction.
    pub fn new(kernel: Kernel, actor: Actor) -> Self {
        Self {
            kernel,
            actor,
            keeps_plans: false,
            transaction: tokio::sync::Mutex::default(),
            pending: Mutex::default(),
        }
    }

    /// A unit of work for a batch, with the statements that [`Db::prepared`](platform::Db::prepared) is for.
    pub fn for_batch(kernel: Kernel, actor: Actor) -> Self {
        Self { keeps_plans: true, ..Self::new(kernel, actor) }
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        self.kernel.clock.now()
    }

    /// The transaction, started on first use. It is shared, and runs one statement at a time. The commit fails while it
    /// is still in use.
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

    /// Records events of the change in the transaction. They are written together at its end, because writing each
    /// would cost a statement.
    pub fn record(&self, events: impl IntoIterator<Item = event::Model>) {
        self.pending().events.extend(events);
    }

    /// Writes the recorded events. The commit does this; call it before only to write something after them.
    pub async fn flush(&self) -> Result<()> {
        let events = std::mem::take(&mut self.pending().events);
        if events.is_empty() {
            return Ok(());
        }
        let pushes = events::record(&self.transaction().await?, &events).await?;
        self.enqueue_on_commit(pushes);
        Ok(())
    }

    /// Whether nothing was started or recorded.
    pub async fn is_untouched(&self) -> bool {
        self.transaction.lock().await.is_none() && self.pending().events.is_empty()
    }

    /// Enqueues a job with its events. If nothing else is being changed, it is durable on return, committed together
    /// with those of other callers; otherwise it is part of the transaction.
    pub async fn enqueue(&self, job: NewJob, events: Vec<event::Model>) -> Result<()> {
        if self.is_untouched().await {
            self.kernel.enqueuer.enqueue_with(job, events).await?;
            return Ok(());
        }
        let enqueued = engine::ledger::enqueue(&self.transaction().await?, vec![job], self.now()).await?;
        self.enqueue_on_commit(enqueued.pushes);
        self.record(events);
        Ok(())
    }

    /// Records a single event. It is durable on return, committed together with those of other callers, unless a
    /// transaction was started before: then it is part of it.
    pub async fn publish(&self, event: event::Model) -> Result<()> {
        if self.is_untouched().await {
            return self.kernel.enqueuer.record(event).await;
        }
        self.record([event]);
        Ok(())
    }

    /// Notifies the workers of a changed endpoint after the commit.
    pub fn wake_on_commit(&self, wakeup: impl Into<Wakeup>) {
        self.pending().wakeups.push(wakeup.into());
    }

    /// Pushes the queue entries after the commit.
    pub fn enqueue_on_commit(&self, pushes: PendingPush) {
        let mut pending = self.pending();
        pending.pushes = std::mem::take(&mut pending.pushes).and(pushes);
    }

    /// Notifies the workers of these cancelled jobs after the commit.
    pub fn cancel_on_commit(&self, running: Vec<JobId>) {
        self.pending().stopping.extend(running);
    }

    /// Rolls back. Dropping does it too, but later.
    pub async fn rollback(&self) -> Result<()> {
        *self.pending() = Pending::default();
        let begun = self.transaction.lock().await.take();
        match begun {
            Some(transaction) => Ok(transaction.rollback().await?),
            None => Ok(()),
        }
    }

    /// Commits, then notifies. Afterwards the unit can be used again.
    pub async fn commit(&self) -> Result<()> {
        self.flush().await?;
        let Pending { pushes, stopping, wakeups, .. } = std::mem::take(&mut *self.pending());
        let begun = self.transaction.lock().await.take();
        if let Some(transaction) = begun {
            transaction.commit().await?;
        }
        let transport = &*self.kernel.transport;
        engine::ledger::announce_cancel(transport, &stopping).await;
        pushes.push(transport).await;
        transport::announce_wakeups(transport, wakeups).await;
        Ok(())
    }
}
