//! Batches of new installations: attempts of a process at the same point continue together. What a batch leaves out, or
//! a batch that fails, is processed individually.

use engine::ledger::{self, Finish, JobLease};
use entities::job::JobState;
use isp::provisioning::{self, Attempt, Ending, Plan};
use kernel::{Kernel, UnitOfWork, events::Actor};
use platform::{
    Result,
    batcher::{Batcher, Options},
};
use std::{collections::HashSet, sync::Arc};

/// Requests in one transaction.
const OPTIONS: Options = Options::new(256);

/// The batches of a process. Cheap to clone.
#[derive(Clone)]
pub(crate) struct InstallBatcher {
    begun: Batcher<Attempt, Plan>,
    ended: Batcher<Ending, ()>,
}

impl InstallBatcher {
    /// Starts the tasks, which end when the last clone is dropped.
    pub(crate) fn start(kernel: &Kernel) -> Self {
        let (begins, ends) = (kernel.clone(), kernel.clone());
        Self {
            begun: Batcher::start(OPTIONS, move |attempts| begin(begins.clone(), attempts)).0,
            ended: Batcher::start(OPTIONS, move |endings| end(ends.clone(), endings)).0,
        }
    }

    /// Starts an attempt; `None` if it must be started individually.
    pub(crate) async fn begin(&self, attempt: Attempt) -> Option<Plan> {
        self.begun.submit(attempt).await
    }

    /// Completes a request and its job; false if that must be done individually.
    pub(crate) async fn end(&self, ending: Ending) -> bool {
        self.ended.submit(ending).await.is_some()
    }
}

/// A unit of work without an actor: each change is made by the job of its request.
fn work(kernel: Kernel) -> UnitOfWork {
    UnitOfWork::for_batch(kernel, Actor::platform())
}

async fn begin(kernel: Kernel, attempts: Arc<[Attempt]>) -> Vec<Option<Plan>> {
    let work = work(kernel);
    let begun = async {
        let begun = provisioning::begin_each(&work, &attempts).await?;
        work.commit().await?;
        Result::Ok(begun)
    };
    match begun.await {
        Ok(mut begun) => attempts.iter().map(|attempt| begun.remove(&attempt.request)).collect(),
        Err(error) => {
            one_by_one(&work, "begun", &error).await;
            vec![]
        }
    }
}

async fn end(kernel: Kernel, endings: Arc<[Ending]>) -> Vec<Option<()>> {
    let work = work(kernel);
    match end_all(&work, &endings).await {
        Ok(done) => endings.iter().map(|ending| done.contains(&ending.held).then_some(())).collect(),
        Err(error) => {
            one_by_one(&work, "ended", &error).await;
            vec![]
        }
    }
}

/// Ends the jobs in the transaction of their effects. Their rows come last: nothing is waited for while they are
/// locked. If one of them cannot be ended, nothing is committed.
async fn end_all(work: &UnitOfWork, endings: &[Ending]) -> Result<HashSet<JobLease>> {
    let done = provisioning::complete_each(work, endings).await?;
    work.flush().await?;
    if !ledger::lock(&work.transaction().await?, &done).await? {
        work.rollback().await?;
        return Ok(HashSet::new());
    }
    let finishes: Vec<_> = done.iter().map(|held| Finish::new(*held, JobState::Succeeded)).collect();
    let keep = &work.kernel.settings.retention;
    let (_, pushes) = ledger::finish(&work.transaction().await?, &finishes, keep, work.now()).await?;
    work.enqueue_on_commit(pushes);
    work.commit().await?;
    Ok(done.into_iter().collect())
}

async fn one_by_one(work: &UnitOfWork, what: &str, error: &platform::Error) {
    tracing::warn!(%error, "installations could not be {what} in a batch; continuing one by one");
    if let Err(error) = work.rollback().await {
        tracing::debug!(%error, "nothing to roll back");
    }
}
