//! Runs past provisioning requests of the sandbox, and ends their jobs.

use crate::provisioning::{self, Completed, Plan, Start};
use engine::ledger::{self, Finish, JobLease};
use entities::{
    ids::{JobId, SubscriptionId},
    job::JobState,
    provisioning_request, simulated_service,
};
use kernel::UnitOfWork;
use platform::error::{Error, Result};
use sea_orm::{EntityTrait, IntoActiveModel};
use std::{collections::BTreeMap, time::Duration};

/// The name of the worker of these jobs.
const WORKER: &str = "sandbox";

/// See the module.
#[derive(Default)]
pub(super) struct ProvisionedServices {
    services: BTreeMap<SubscriptionId, simulated_service::Model>,
    jobs: Vec<JobId>,
}

impl ProvisionedServices {
    /// Does what the job of the subscription's open request would do.
    pub async fn run_request(&mut self, work: &UnitOfWork, subscription: SubscriptionId) -> Result<()> {
        let open =
            provisioning_request::Entity::open_of(subscription).one(&work.transaction().await?).await?;
        let request = open.ok_or_else(|| Error::internal("there is no request to run"))?;
        self.jobs.push(request.job_id);
        match provisioning::begin(work, request.id, request.job_id, 1).await? {
            Start::Apply(plan) => self.forward(work, subscription, &plan).await,
            Start::Failed => Ok(()),
            Start::Finished | Start::Rollback(_) => {
                Err(Error::internal("a provisioning request of the sandbox failed"))
            }
        }
    }

    async fn forward(&mut self, work: &UnitOfWork, subscription: SubscriptionId, plan: &Plan) -> Result<()> {
        if let Completed::No(why) = provisioning::complete(work, plan).await? {
            return Err(Error::internal(why));
        }
        match &plan.after {
            None => self.services.remove(&subscription),
            Some(service) => {
                let (ipv4, ipv6) = (service.ipv4.clone(), service.ipv6.clone());
                let made = simulated_service::Model {
                    subscription_id: subscription,
                    present: true,
                    download_mbps: service.download_mbps,
                    upload_mbps: service.upload_mbps,
                    ipv4,
                    ipv6,
                    suspended: service.suspended,
                    changes: 0,
                };
                self.services.insert(subscription, made)
            }
        };
        Ok(())
    }

    /// Writes the services and ends the jobs.
    pub async fn keep(self, work: &UnitOfWork) -> Result<()> {
        let (transaction, now) = (work.transaction().await?, work.now());
        let made = self.services.into_values().map(IntoActiveModel::into_active_model);
        simulated_service::Entity::insert_many(made).exec_without_returning(&transaction).await?;
        let lease = Duration::from_secs(1);
        let started = ledger::start(&transaction, &self.jobs, WORKER, lease, now).await?;
        let done = started.iter().map(|job| JobLease { id: job.id, attempt: job.attempt });
        let done: Vec<_> = done.map(|held| Finish::new(held, JobState::Succeeded)).collect();
        let keep = &work.kernel.settings.retention;
        let (_, tickets) = ledger::finish(&transaction, &done, keep, now).await?;
        work.enqueue_on_commit(tickets);
        Ok(())
    }
}
