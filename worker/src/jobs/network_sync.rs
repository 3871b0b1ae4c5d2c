//! `network_sync`: updates the network after a subscription was suspended or resumed.
//!
//! Triggered by `provisioning::enqueue_sync`: by suspensions and resumptions, and by the end of a request during which one
//! happened. While a request is in progress, the request does this itself.
//!
//! Safe to run twice: the network gets the desired state, not a change, and the subscription is checked again before
//! the end.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
    provisioners::{self, Failure, JobRef, Progress},
};
use isp::{
    payloads::NetworkSync,
    provisioning::{self, DesiredState},
};
use kernel::UnitOfWork;

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let NetworkSync { subscription } = context.payload()?;
    let work = UnitOfWork::new(context.kernel.clone(), context.actor()?);
    let desired_state = provisioning::desired_state(&work, subscription).await?;
    work.commit().await?;
    match apply_and_verify(context, &context.job_ref()?, &desired_state).await {
        Ok(Progress::Done) => {}
        Ok(Progress::WaitUntil(until)) => return Ok(Outcome::WaitUntil(until)),
        Ok(Progress::HandledElsewhere) => return Ok(Outcome::Done(None)),
        Err(Failure::Transient(why)) => return Err(Outcome::Retry(why)),
        Err(Failure::Permanent(why)) => return Err(Outcome::GiveUp(why)),
    }
    if !provisioning::confirm_synced(&work, subscription, &desired_state).await? {
        work.rollback().await?;
        return Err(Outcome::RetryUncharged("the subscription was changed meanwhile".into()));
    }
    work.commit().await?;
    Ok(Outcome::Done(None))
}

async fn apply_and_verify(
    context: &JobContext,
    by: &JobRef,
    desired_state: &DesiredState,
) -> Result<Progress, Failure> {
    let (name, service, wanted) = match desired_state {
        DesiredState::Nothing => return Ok(Progress::Done),
        DesiredState::RequestInProgress => return Ok(Progress::HandledElsewhere),
        DesiredState::Present(name, service) => (*name, service, Some(service)),
        DesiredState::Absent(name, service) => (*name, service, None),
    };
    let provisioner = context.shared.provisioners.get(name);
    provisioners::apply_and_verify(provisioner, by, service, wanted).await
}
