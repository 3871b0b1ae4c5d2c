//! `jobs`: lists, shows, retries and cancels jobs.

mod show;

use crate::{
    context, output,
    settings::{DataLocation, Global},
};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use engine::ledger::CancelOutcome;
use entities::{
    ids::JobId,
    job::{self, JobState},
};
use isp::job_control;
use kernel::{Kernel, UnitOfWork, events::Actor};
use platform::Error;
use sea_orm::{EntityTrait, Iterable, QuerySelect};
use std::process::ExitCode;

/// List, show, retry and cancel jobs
///
/// Uses the configured database, or that of the embedded platform, whether running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    List(List),
    /// Show everything about a job
    Show(One),
    /// Retry a failed, cancelled or quarantined job; it resumes where it stopped
    Retry(One),
    /// Cancel a job: immediately if queued; a running job is asked to stop, and is not tried again
    Cancel(One),
}

/// List jobs, newest first
#[derive(clap::Args)]
struct List {
    /// Filter by state
    #[arg(long, value_parser = state_parser())]
    state: Option<JobState>,
    /// Filter by kind
    #[arg(long, value_parser = PossibleValuesParser::new(worker::KINDS.iter().map(|kind| kind.as_str())))]
    kind: Option<String>,
    /// Maximum number of rows
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    limit: u64,
    #[command(flatten)]
    location: DataLocation,
}

/// One job.
#[derive(clap::Args)]
struct One {
    /// Job id: `job_…`, or `bulk_job_…` as in the partner contract
    #[arg(value_name = "JOB_ID", value_parser = job_id)]
    id: JobId,
    #[command(flatten)]
    location: DataLocation,
}

fn state_parser() -> impl TypedValueParser<Value = JobState> {
    let names = PossibleValuesParser::new(JobState::iter().map(JobState::as_str));
    names.map(|name| JobState::iter().find(|state| state.as_str() == name).expect("one of the names above"))
}

/// Parses an id in either form.
fn job_id(text: &str) -> Result<JobId, String> {
    let expected = |_| "expected job_ or bulk_job_ and 26 letters and digits".to_owned();
    text.strip_prefix("bulk_").unwrap_or(text).parse().map_err(expected)
}

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let text = match args.action {
        Action::List(args) => list(args, &global).await,
        Action::Show(args) => show(args, &global).await,
        Action::Retry(args) => retry(args, &global).await,
        Action::Cancel(args) => cancel(args, &global).await,
    }?;
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn list(args: List, global: &Global) -> anyhow::Result<String> {
    let kernel = context::existing(global, args.location).await?;
    let query = job::Entity::listing(args.state, args.kind.as_deref()).limit(args.limit);
    Ok(show::table(query.all(kernel.db.reader()).await?))
}

async fn show(One { id, location }: One, global: &Global) -> anyhow::Result<String> {
    let kernel = context::existing(global, location).await?;
    Ok(show::details(&find(&kernel, id).await?))
}

async fn find(kernel: &Kernel, id: JobId) -> platform::Result<job::Model> {
    job::Entity::find_by_id(id).one(kernel.db.reader()).await?.ok_or(Error::NotFound("Job"))
}

async fn retry(One { id, location }: One, global: &Global) -> anyhow::Result<String> {
    let kernel = context::existing(global, location).await?;
    let before = find(&kernel, id).await?.state;
    let work = UnitOfWork::new(kernel, Actor::platform());
    job_control::retry(&work, id).await?;
    work.commit().await?;
    Ok(format!("{id} was {} and is queued again", before.as_str()))
}

async fn cancel(One { id, location }: One, global: &Global) -> anyhow::Result<String> {
    let kernel = context::existing(global, location).await?;
    let work = UnitOfWork::new(kernel, Actor::platform());
    let outcome = job_control::cancel(&work, id).await?;
    work.commit().await?;
    Ok(match outcome {
        CancelOutcome::Cancelled => format!("{id} is cancelled"),
        CancelOutcome::Requested => format!("{id} is running and was asked to stop"),
        CancelOutcome::AlreadyEnded(state) => format!("{id} had already ended: {}", state.as_str()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_named_in_either_form() {
        let id = JobId::new();
        assert_eq!(job_id(&id.to_string()), Ok(id));
        assert_eq!(job_id(&format!("bulk_{id}")), Ok(id));
        assert_eq!(job_id(&format!("bulk_{id}").to_lowercase()), Ok(id));
        for wrong in ["", "bulk_", "job_1", "cust_01ARZ3NDEKTSV4RRFFQ69G5FAV", &format!("bulk_bulk_{id}")] {
            assert!(job_id(wrong).unwrap_err().contains("bulk_job_"), "{wrong}");
        }
    }
}
