//! What a handler holds.

use crate::{deliveries::Deliveries, jobs::Installations, outcome::Outcome, provisioners::Provisioners};
use entities::job::JobState;
use kernel::{
    Kernel,
    domain::invoices::InvoiceRenderer,
    events::Actor,
    ledger::{self, Finish, JobLease, PendingPush, Started},
};
use sea_orm::ConnectionTrait;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What the handlers of a process share.
#[derive(Clone)]
pub(crate) struct Shared {
    /// What is known of deliveries that are under way.
    pub deliveries: Arc<Deliveries>,
    /// What makes networks do services.
    pub provisioners: Arc<Provisioners>,
    /// Begins and ends new installations together.
    pub installations: Installations,
    /// Draws invoices.
    pub renderer: Arc<dyn InvoiceRenderer>,
}

/// One attempt of one job, and the platform around it.
pub(crate) struct JobContext {
    /// The platform.
    pub kernel: Kernel,
    /// The job, as it was started.
    pub job: Started,
    /// Triggered when somebody asks for the job to stop.
    pub cancel: CancellationToken,
    /// Triggered when the worker is about to stop, or to run a suspect alone: what can end early should.
    pub draining: CancellationToken,
    /// What the handlers of this process share.
    pub shared: Shared,
}

impl JobContext {
    /// The payload. One that cannot be read will not become readable by trying again.
    pub(crate) fn payload<J: DeserializeOwned>(&self) -> Result<J, Outcome> {
        J::deserialize(&self.job.payload)
            .map_err(|error| Outcome::GiveUp(format!("unreadable payload: {error}")))
    }

    /// The attempt, as the ledger knows it.
    pub(crate) const fn held(&self) -> JobLease {
        JobLease { id: self.job.id, attempt: self.job.attempt }
    }

    /// The job as the actor of the changes that it makes.
    pub(crate) fn actor(&self) -> Result<Actor, Outcome> {
        let organization = self.job.organization_id;
        let organization =
            organization.ok_or_else(|| Outcome::GiveUp("the job has no organization".into()))?;
        Ok(Actor::job(organization, self.job.id, self.job.request_id.clone()))
    }

    /// Writes `succeeded` in the transaction that holds the job's effect. If the lease was lost, the
    /// transaction must be dropped: the effect is another worker's.
    pub(crate) async fn succeed(&self, transaction: &impl ConnectionTrait) -> Result<PendingPush, Outcome> {
        let now = self.kernel.clock.now();
        let finish = Finish::new(self.held(), JobState::Succeeded);
        let (finished, pushes) =
            ledger::finish(transaction, &[finish], &self.kernel.settings.retention, now).await?;
        if finished.is_empty() { Err(Outcome::LeaseLost) } else { Ok(pushes) }
    }
}
