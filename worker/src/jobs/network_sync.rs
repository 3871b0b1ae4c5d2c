//! `network_sync`: makes the network agree with a subscription that was suspended, resumed or changed.
//!
//! Triggered by `provisioning::align`: by whatever suspends and resumes subscriptions, and by the end of a request
//! during which that happened.
//!
//! Safe to run twice: the network is told how it is to be now, not what to change, and it is looked at the
//! subscription again before the end.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
    provisioners::{self, Failure, Progress},
};
use kernel::{
    Work,
    domain::provisioning::{self, Alignment},
    jobs::NetworkSync,
};

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let NetworkSync { subscription } = context.payload()?;
    let work = Work::new(context.kernel.clone(), context.actor()?);
    let alignment = provisioning::alignment(&work, subscription).await?;
    work.commit().await?;
    match bring(context, &alignment).await {
        Ok(Progress::Done) => {}
        Ok(Progress::Waits) => return Err(Outcome::Later("a change of the network is under way".into())),
        Err(Failure::Passing(why)) => return Err(Outcome::Retry(why)),
        Err(Failure::Lasting(why)) => return Err(Outcome::GiveUp(why)),
    }
    if !provisioning::aligned(&work, subscription, &alignment).await? {
        work.abandon().await?;
        return Err(Outcome::Later("the subscription was changed meanwhile".into()));
    }
    work.commit().await?;
    Ok(Outcome::Done(None))
}

async fn bring(context: &JobContext, alignment: &Alignment) -> Result<Progress, Failure> {
    let (name, service, wanted) = match alignment {
        Alignment::Nothing => return Ok(Progress::Done),
        Alignment::Waits => return Ok(Progress::Waits),
        Alignment::Is(name, service) => (*name, service, Some(service)),
        Alignment::IsNot(name, service) => (*name, service, None),
    };
    let provisioner = context.shared.provisioners.get(name)?;
    provisioners::bring(provisioner, service, wanted).await
}
