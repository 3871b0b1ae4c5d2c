//! Formats jobs for the terminal.

use crate::output::{self, time};
use entities::job;
use indicatif::HumanCount;

/// One line per job.
pub(super) fn table(jobs: Vec<job::Model>) -> String {
    let head = ["ID", "KIND", "STATE", "DONE", "ATTEMPT", "MADE", "LAST ERROR"].map(str::to_owned);
    output::table(&std::iter::once(head).chain(jobs.into_iter().map(row)).collect::<Vec<_>>())
}

fn row(job: job::Model) -> [String; 7] {
    let error = first_line(job.last_error.as_deref().unwrap_or_default());
    let (done, attempt) = (done(&job), job.attempt.to_string());
    [job.id.to_string(), job.kind, job.state.as_str().into(), done, attempt, time(job.created_at), error]
}

/// The error, shortened for the end of a line.
fn first_line(text: &str) -> String {
    const WIDTH: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= WIDTH {
        return line.into();
    }
    line.chars().take(WIDTH - 1).chain(['…']).collect()
}

fn done(job: &job::Model) -> String {
    let count = |units: i64| HumanCount(units.unsigned_abs()).to_string();
    match job.total {
        Some(total) => format!("{}/{}", count(job.processed), count(total)),
        None => String::new(),
    }
}

/// All details of a job except the payload, which has customers' data.
pub(super) fn details(job: &job::Model) -> String {
    let some = |name: &str, value: Option<String>| value.map(|value| [name.to_owned(), value]);
    let lines = [
        some("id", Some(job.id.to_string())),
        some("kind", Some(job.kind.clone())),
        some("state", Some(job.state.as_str().into())),
        some("organization", job.organization_id.map(|id| id.to_string())),
        some("parent", job.parent_id.map(|id| id.to_string())),
        some("waits for", (job.open_children > 0).then(|| format!("{} child jobs", job.open_children))),
        some("rows", job.total.map(|_| rows(job))),
        some("attempts", Some(attempts(job))),
        some("created", Some(time(job.created_at))),
        some("due", (!job.state.is_final()).then(|| time(job.run_at))),
        some("started", job.started_at.map(time)),
        some("worker", job.worker.clone()),
        some("lease until", job.lease_until.map(time)),
        some("cancel requested", job.cancel_requested_at.map(time)),
        some("finished", job.finished_at.map(time)),
        some("expires", job.expires_at.map(time)),
        some("request", job.request_id.clone()),
        some("result", job.result.as_ref().map(ToString::to_string)),
        some("last error", job.last_error.clone()),
    ];
    output::table(&lines.into_iter().flatten().collect::<Vec<_>>())
}

fn rows(job: &job::Model) -> String {
    let job::Model { succeeded, failed, .. } = job;
    format!("{} processed: {succeeded} ok, {failed} rejected", done(job))
}

fn attempts(job: &job::Model) -> String {
    let job::Model { attempt, failures, lost_leases, .. } = job;
    format!("{attempt}, {failures} failed, {lost_leases} lost their worker")
}

#[cfg(test)]
mod tests {
    use super::first_line;

    #[test]
    fn long_errors_are_cut_at_a_character() {
        assert_eq!(first_line("one\ntwo"), "one");
        assert_eq!(first_line(""), "");
        assert_eq!(first_line(&"ä".repeat(60)), "ä".repeat(60));
        assert_eq!(first_line(&"ä".repeat(61)), "ä".repeat(59) + "…");
    }
}
