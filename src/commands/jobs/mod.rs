//! `jobs`: the ledger, by hand.

mod show;

use crate::{
    open, output,
    settings::{Global, Place},
};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use entities::{
    ids::JobId,
    job::{self, JobState},
};
use kernel::{Error, Kernel, Work, domain::jobs, events::Actor, jobs::Kind, ledger::CancelOutcome};
use sea_orm::{EntityTrait, Iterable, QuerySelect};
use std::process::ExitCode;

/// Look at jobs in the ledger, retry and cancel them
///
/// Works on the database of the settings, or on that of the embedded platform, running or not.
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
    /// Start a failed, cancelled or quarantined job again; it goes on where it stopped
    Retry(One),
    /// Cancel a job: at once if it is waiting; if it is running, it is asked to stop, and not tried again
    Cancel(One),
}

/// List jobs, the newest first
#[derive(clap::Args)]
struct List {
    /// Only those in this state
    #[arg(long, value_parser = state_parser())]
    state: Option<JobState>,
    /// Only those of this kind
    #[arg(long, value_parser = PossibleValuesParser::new(Kind::ALL.iter().map(|kind| kind.as_str())))]
    kind: Option<String>,
    /// How many at most
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    limit: u64,
    #[command(flatten)]
    place: Place,
}

/// One job.
#[derive(clap::Args)]
struct One {
    /// Its id: `job_…`, or `bulk_job_…` as the partner contract shows it
    #[arg(value_name = "JOB_ID", value_parser = job_id)]
    id: JobId,
    #[command(flatten)]
    place: Place,
}

fn state_parser() -> impl TypedValueParser<Value = JobState> {
    let names = PossibleValuesParser::new(JobState::iter().map(JobState::as_str));
    names.map(|name| JobState::iter().find(|state| state.as_str() == name).expect("one of the names above"))
}

/// Reads an id in either form.
fn job_id(text: &str) -> Result<JobId, String> {
    let expected = |_| "expected job_ or bulk_job_ and 26 letters and digits".to_owned();
    text.strip_prefix("bulk_").unwrap_or(text).parse().map_err(expected)
}

/// Does what is asked.
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
    let kernel = open::existing(global, args.place).await?;
    let query = job::Entity::listing(args.state, args.kind.as_deref()).limit(args.limit);
    Ok(show::table(query.all(kernel.db.reader()).await?))
}

async fn show(One { id, place }: One, global: &Global) -> anyhow::Result<String> {
    let kernel = open::existing(global, place).await?;
    Ok(show::details(&find(&kernel, id).await?))
}

async fn find(kernel: &Kernel, id: JobId) -> kernel::Result<job::Model> {
    job::Entity::find_by_id(id).one(kernel.db.reader()).await?.ok_or(Error::NotFound("Job"))
}

async fn retry(One { id, place }: One, global: &Global) -> anyhow::Result<String> {
    let kernel = open::existing(global, place).await?;
    let before = find(&kernel, id).await?.state;
    let work = Work::new(kernel, Actor::platform());
    jobs::retry(&work, id).await?;
    work.commit().await?;
    Ok(format!("{id} was {} and is queued again", before.as_str()))
}

async fn cancel(One { id, place }: One, global: &Global) -> anyhow::Result<String> {
    let kernel = open::existing(global, place).await?;
    let work = Work::new(kernel, Actor::platform());
    let outcome = jobs::cancel(&work, id).await?;
    work.commit().await?;
    Ok(match outcome {
        CancelOutcome::Cancelled => format!("{id} is cancelled"),
        CancelOutcome::Requested => format!("{id} is running; it is asked to stop"),
        CancelOutcome::AlreadyEnded(state) => format!("{id} had ended before: {}", state.as_str()),
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
