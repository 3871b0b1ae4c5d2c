//! `provisioning`: applies a provisioning request. `provisioning_undo`: rolls one back.
//!
//! Triggered by `POST /api/v1/provisioning` and everything else that opens a request, at its scheduled time; by this
//! handler, when a request is given up and has to be rolled back; and by the sweeper, when the job of an open request
//! has ended without it.
//!
//! Safe to run twice: resources are recorded in the transaction that allocates them, and the same subscription gets the
//! same ones again; the network gets the desired state, not a change; the request and this job end in one transaction.
//! An attempt that has lost its lease finds a later one in the request.
//!
//! New installations start and complete in batches ([`install_batcher`](crate::install_batcher)); everything else is processed individually.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
    provisioners::{self, Failure, JobRef, Progress},
};
use engine::jobs::{Job, JobKind};
use isp::{
    payloads::{Provisioning, ProvisioningUndo},
    provisioning::{self, Attempt, Completed, Ending, Plan, Service, Start},
};
use kernel::UnitOfWork;
use platform::retry;

/// Runs a job that fulfils a request.
pub(super) async fn run(context: &JobContext) -> JobResult {
    work_on(context, Provisioning::KIND).await
}

/// Runs a job that undoes a request.
pub(super) async fn run_undo(context: &JobContext) -> JobResult {
    work_on(context, ProvisioningUndo::KIND).await
}

async fn work_on(context: &JobContext, kind: JobKind) -> JobResult {
    let Provisioning { request } = context.payload()?;
    let work = UnitOfWork::new(context.kernel.clone(), context.actor()?);
    let attempt = Attempt { request, held: context.held(), actor: work.actor.clone() };
    if let Some(plan) = context.shared.installations.begin(attempt).await {
        return forward(context, kind, &work, &plan).await;
    }
    let begun = provisioning::begin(&work, request, context.job.id, context.job.attempt).await?;
    match begun {
        Start::Finished => Ok(Outcome::Done(None)),
        Start::Failed => end(context, &work).await,
        Start::Apply(plan) => {
            work.commit().await?;
            forward(context, kind, &work, &plan).await
        }
        Start::Rollback(plan) => {
            work.commit().await?;
            roll_back(context, kind, &work, &plan).await
        }
    }
}

async fn forward(context: &JobContext, kind: JobKind, work: &UnitOfWork, plan: &Plan) -> JobResult {
    match apply_and_verify(context, &context.job_ref()?, plan, plan.after.as_ref()).await {
        Ok(Progress::Done) => complete(context, work, plan).await,
        Ok(Progress::WaitUntil(until)) => Ok(Outcome::WaitUntil(until)),
        Ok(Progress::HandledElsewhere) => Err(handled_elsewhere()),
        Err(Failure::Transient(why)) if has_retry(context, kind) => Err(Outcome::Retry(why)),
        Err(Failure::Transient(why) | Failure::Permanent(why)) => start_rollback(work, plan, &why).await,
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
            start_rollback(work, plan, why).await
        }
    }
}

/// Rolls the request back in another job, with a retry schedule of its own.
async fn start_rollback(work: &UnitOfWork, plan: &Plan, why: &str) -> JobResult {
    if !provisioning::start_rollback(work, &plan.request, why).await? {
        return Err(Outcome::LeaseLost);
    }
    work.commit().await?;
    Ok(Outcome::GiveUp(why.to_owned()))
}

async fn roll_back(context: &JobContext, kind: JobKind, work: &UnitOfWork, plan: &Plan) -> JobResult {
    let not_undone = match apply_and_verify(context, &context.job_ref()?, plan, plan.before.as_ref()).await {
        Ok(Progress::Done) => None,
        Ok(Progress::WaitUntil(until)) => return Ok(Outcome::WaitUntil(until)),
        Ok(Progress::HandledElsewhere) => return Err(handled_elsewhere()),
        Err(Failure::Transient(why)) if has_retry(context, kind) => return Err(Outcome::Retry(why)),
        Err(Failure::Transient(why) | Failure::Permanent(why)) => Some(why),
    };
    provisioning::finish_rollback(work, &plan.request, not_undone.as_deref()).await?;
    end(context, work).await
}

/// Applies the desired state and reads it back.
async fn apply_and_verify(
    context: &JobContext,
    by: &JobRef,
    plan: &Plan,
    wanted: Option<&Service>,
) -> Result<Progress, Failure> {
    let Some(service) = plan.after.as_ref().or(plan.before.as_ref()) else { return Ok(Progress::Done) };
    let provisioner = context.shared.provisioners.get(plan.provisioner);
    provisioners::apply_and_verify(provisioner, by, service, wanted).await
}

/// Whether the schedule has another attempt.
fn has_retry(context: &JobContext, kind: JobKind) -> bool {
    let settings = context.kernel.settings.jobs.get(kind.as_str());
    let schedule = settings.map_or(&[][..], |settings| &settings.retry);
    retry::next_delay(schedule, context.job.failures.unsigned_abs() + 1, 0.5).is_some()
}

/// Another attempt has the request, or is about to.
fn handled_elsewhere() -> Outcome {
    Outcome::RetryUncharged("another attempt has the request".into())
}

/// Ends the job in the transaction of its effect. Its row comes last: nothing is waited for while it is locked.
async fn end(context: &JobContext, work: &UnitOfWork) -> JobResult {
    work.flush().await?;
    let pushes = context.succeed(&work.transaction().await?).await?;
    work.enqueue_on_commit(pushes);
    work.commit().await?;
    Ok(Outcome::AlreadyCommitted)
}
