//! `provisioning`: does what a provisioning request asks for. `provisioning_undo`: undoes what was done of it.
//!
//! Triggered by `POST /api/v1/provisioning` and by whatever else opens a request, for its scheduled time; by this
//! handler, when a request is given up and has to be undone; and by the sweeper, when the job of an open request has
//! ended without it.
//!
//! Safe to run twice: what a request has taken is kept in the transaction that takes it, and who asks again for the
//! same subscription gets the same; the network is told how it is to be, not what to change; the end of the request
//! and of this job are one transaction. An attempt that has lost its lease finds the request held by a later one.
//!
//! New installations begin and end many at once ([`rounds`]); what of them is unusual, and all else, goes alone.

mod rounds;

pub(crate) use rounds::Installations;

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
    provisioners::{self, Asking, Failure, Progress},
};
use kernel::{
    UnitOfWork,
    domain::provisioning::{self, Attempt, Begun, Completed, Ending, Plan, Service},
    jobs::{JobKind, Provisioning},
    retry,
};

/// Runs the job.
pub(super) async fn run(context: &JobContext, kind: JobKind) -> JobResult {
    let Provisioning { request } = context.payload()?;
    let work = UnitOfWork::new(context.kernel.clone(), context.actor()?);
    let attempt = Attempt { request, held: context.held(), actor: work.actor.clone() };
    if let Some(plan) = context.shared.installations.begin(attempt).await {
        return forward(context, kind, &work, &plan).await;
    }
    let begun = provisioning::begin(&work, request, context.job.id, context.job.attempt).await?;
    match begun {
        Begun::Over => Ok(Outcome::Done(None)),
        Begun::Failed => end(context, &work).await,
        Begun::Forward(plan) => {
            work.commit().await?;
            forward(context, kind, &work, &plan).await
        }
        Begun::Back(plan) => {
            work.commit().await?;
            back(context, kind, &work, &plan).await
        }
    }
}

async fn forward(context: &JobContext, kind: JobKind, work: &UnitOfWork, plan: &Plan) -> JobResult {
    match bring(context, &Asking::of(context)?, plan, plan.after.as_ref()).await {
        Ok(Progress::Done) => complete(context, work, plan).await,
        Ok(Progress::WaitUntil(until)) => Ok(Outcome::WaitUntil(until)),
        Ok(Progress::Left) => Err(left()),
        Err(Failure::Passing(why)) if has_more(context, kind) => Err(Outcome::Retry(why)),
        Err(Failure::Passing(why) | Failure::Lasting(why)) => turn_back(work, plan, &why).await,
    }
}

async fn complete(context: &JobContext, work: &UnitOfWork, plan: &Plan) -> JobResult {
    let ending = Ending { plan: plan.clone(), held: context.held(), actor: work.actor.clone() };
    if context.shared.installations.end(ending).await {
        return Ok(Outcome::AlreadyCommitted);
    }
    match provisioning::complete(work, plan).await? {
        Completed::Yes => end(context, work).await,
        Completed::No(why) => {
            work.rollback().await?;
            turn_back(work, plan, why).await
        }
    }
}

/// The request is undone by another job, which has all retries before it.
async fn turn_back(work: &UnitOfWork, plan: &Plan, why: &str) -> JobResult {
    if !provisioning::turn_back(work, &plan.request, why).await? {
        return Err(Outcome::LeaseLost);
    }
    work.commit().await?;
    Ok(Outcome::GiveUp(why.to_owned()))
}

async fn back(context: &JobContext, kind: JobKind, work: &UnitOfWork, plan: &Plan) -> JobResult {
    let not_undone = match bring(context, &Asking::of(context)?, plan, plan.before.as_ref()).await {
        Ok(Progress::Done) => None,
        Ok(Progress::WaitUntil(until)) => return Ok(Outcome::WaitUntil(until)),
        Ok(Progress::Left) => return Err(left()),
        Err(Failure::Passing(why)) if has_more(context, kind) => return Err(Outcome::Retry(why)),
        Err(Failure::Passing(why) | Failure::Lasting(why)) => Some(why),
    };
    provisioning::undone(work, &plan.request, not_undone.as_deref()).await?;
    end(context, work).await
}

/// Makes the network as it is to be, and reads it back.
async fn bring(
    context: &JobContext,
    by: &Asking,
    plan: &Plan,
    wanted: Option<&Service>,
) -> Result<Progress, Failure> {
    let Some(service) = plan.after.as_ref().or(plan.before.as_ref()) else { return Ok(Progress::Done) };
    let provisioner = context.shared.provisioners.get(plan.provisioner);
    provisioners::bring(provisioner, by, service, wanted).await
}

/// Whether the schedule has another attempt after this one.
fn has_more(context: &JobContext, kind: JobKind) -> bool {
    let settings = context.kernel.settings.jobs.get(kind.as_str());
    let schedule = settings.map_or(&[][..], |settings| &settings.retry);
    retry::next_delay(schedule, context.job.failures.unsigned_abs() + 1, 0.5).is_some()
}

/// A request is left to nobody: another attempt has it, or is about to.
fn left() -> Outcome {
    Outcome::RetryUncharged("another attempt has the request".into())
}

/// Ends the job in the transaction that holds its effect. Its row comes last: nothing is waited for while it is held.
async fn end(context: &JobContext, work: &UnitOfWork) -> JobResult {
    work.flush().await?;
    let pushes = context.succeed(&work.transaction().await?).await?;
    work.enqueue_on_commit(pushes);
    work.commit().await?;
    Ok(Outcome::AlreadyCommitted)
}
