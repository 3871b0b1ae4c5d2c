//! The context of a handler.

use crate::{
    deliveries::Deliveries,
    install_batcher::InstallBatcher,
    outcome::Outcome,
    provisioners::{JobRef, Provisioners},
};
use engine::ledger::{self, Finish, JobLease, PendingPush, Started};
use entities::job::JobState;
use isp::invoices::InvoiceRenderer;
use kernel::{Kernel, events::Actor};
use sea_orm::ConnectionTrait;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// State shared by the handlers of a process.
#[derive(Clone)]
pub(crate) struct Shared {
    /// Webhook deliveries in progress.
    pub deliveries: Arc<Deliveries>,
    /// The provisioners.
    pub provisioners: Arc<Provisioners>,
    /// Begins and ends new installations together.
    pub installations: InstallBatcher,
    /// Draws invoices.
    pub renderer: Arc<dyn InvoiceRenderer>,
}

/// One attempt of one job, with the platform.
pub(crate) struct JobContext {
    /// The platform.
    pub kernel: Kernel,
    /// The job as started.
    pub job: Started,
    /// Triggered when the job is cancelled.
    pub cancel: CancellationToken,
    /// Triggered when the worker is about to stop or to run a suspect alone: handlers that can end early should.
    pub draining: CancellationToken,
    /// State shared by the handlers of this process.
    pub shared: Shared,
}

impl JobContext {
    /// The payload. If it is unreadable, retrying is useless.
    pub(crate) fn payload<J: DeserializeOwned>(&self) -> Result<J, Outcome> {
        J::deserialize(&self.job.payload)
            .map_err(|error| Outcome::GiveUp(format!("unreadable payload: {error}")))
    }

    /// The lease of the attempt.
    pub(crate) const fn held(&self) -> JobLease {
        JobLease { id: self.job.id, attempt: self.job.attempt }
    }

    /// The actor for the job's changes.
    pub(crate) fn actor(&self) -> Result<Actor, Outcome> {
        let organization = self.job.organization_id;
        let organization =
            organization.ok_or_else(|| Outcome::GiveUp("the job has no organization".into()))?;
        Ok(Actor::job(organization, self.job.id, self.job.request_id.clone()))
    }

    /// The attempt, as provisioners get it.
    pub(crate) fn job_ref(&self) -> Result<JobRef, Outcome> {
        Ok(JobRef { lease: self.held(), actor: self.actor()? })
    }

    /// Records success in the transaction of the job's effect. If the lease was lost, the transaction must be dropped:
    /// another worker has the job.
    pub(crate) async fn succeed(&self, transaction: &impl ConnectionTrait) -> Result<PendingPush, Outcome> {
        let now = self.kernel.clock.now();
        let finish = Finish::new(self.held(), JobState::Succeeded);
        let (finished, pushes) =
            ledger::finish(transaction, &[finish], &self.kernel.settings.retention, now).await?;
        if finished.is_empty() { Err(Outcome::LeaseLost) } else { Ok(pushes) }
    }
}
