//! `network_sync`: makes the network agree with a subscription that was suspended or resumed.
//!
//! Triggered by `provisioning::align`: by whatever suspends and resumes subscriptions, and by the end of a request
//! during which that happened. While a request is under way, it is that which sees to it.
//!
//! Safe to run twice: the network is told how it is to be now, not what to change, and it is looked at the
//! subscription again before the end.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
    provisioners::{self, Asking, Failure, Progress},
};
use kernel::{
    UnitOfWork,
    domain::provisioning::{self, Alignment},
    jobs::NetworkSync,
};

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let NetworkSync { subscription } = context.payload()?;
    let work = UnitOfWork::new(context.kernel.clone(), context.actor()?);
    let alignment = provisioning::alignment(&work, subscription).await?;
    work.commit().await?;
    match bring(context, &Asking::of(context)?, &alignment).await {
        Ok(Progress::Done) => {}
        Ok(Progress::WaitUntil(until)) => return Ok(Outcome::WaitUntil(until)),
        Ok(Progress::Left) => return Ok(Outcome::Done(None)),
        Err(Failure::Passing(why)) => return Err(Outcome::Retry(why)),
        Err(Failure::Lasting(why)) => return Err(Outcome::GiveUp(why)),
    }
    if !provisioning::aligned(&work, subscription, &alignment).await? {
        work.rollback().await?;
        return Err(Outcome::RetryUncharged("the subscription was changed meanwhile".into()));
    }
    work.commit().await?;
    Ok(Outcome::Done(None))
}

async fn bring(context: &JobContext, by: &Asking, alignment: &Alignment) -> Result<Progress, Failure> {
    let (name, service, wanted) = match alignment {
        Alignment::Nothing => return Ok(Progress::Done),
        Alignment::Left => return Ok(Progress::Left),
        Alignment::Is(name, service) => (*name, service, Some(service)),
        Alignment::IsNot(name, service) => (*name, service, None),
    };
    let provisioner = context.shared.provisioners.get(name);
    provisioners::bring(provisioner, by, service, wanted).await
}
