//! The summary of an import.

use super::Job;
use crate::progress_bar::{duration, rate};
use indicatif::HumanCount;
use std::time::Duration;

/// The summary of a finished import.
pub(super) fn summary(job: &Job, dry_run: bool, time: Duration) -> String {
    let rows = job.progress;
    let (processed, total) = (count(rows.processed), count(rows.total));
    let (speed, time) = (rate(rows.processed, time), duration(time));
    let created = if dry_run { "would be created (dry run: nothing was written)" } else { "created" };
    let mut lines = vec![
        format!("{processed} of {total} rows in {time} ({speed})"),
        format!("  {:>9} {created}", count(rows.succeeded)),
        format!("  {:>9} rejected", count(rows.failed)),
    ];
    if rows.processed < rows.total {
        lines.push(format!("  {:>9} not processed", count(rows.total - rows.processed)));
    }
    lines.push(format!("{} {}", job.id, job.status));
    lines.join("\n")
}

fn count(rows: u64) -> String {
    HumanCount(rows).to_string()
}

/// How to follow an import after an interruption.
pub(super) fn continues(id: &str, url: &str) -> String {
    format!(
        "{id} continues on the server. To see its progress:\n  \
         curl -s {url} -H \"X-API-Key: $PARTNER_API_KEY\"\nTo cancel it, add -X DELETE."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::import::job::Progress;

    fn job(processed: u64, succeeded: u64, failed: u64) -> Job {
        let progress = Progress { total: 100_000, processed, succeeded, failed };
        Job { id: "bulk_job_1".into(), status: "PARTIAL".into(), progress }
    }

    #[test]
    fn a_summary_counts_every_row() {
        let text = summary(&job(100_000, 99_998, 2), false, Duration::from_millis(5200));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "100,000 of 100,000 rows in 5.2 s (19,231 rows/s)");
        assert_eq!(lines[1..], ["     99,998 created", "          2 rejected", "bulk_job_1 PARTIAL"]);
    }

    #[test]
    fn a_summary_says_what_was_left_out() {
        let text = summary(&job(10, 9, 1), true, Duration::from_secs(1));
        assert!(text.contains("9 would be created") && text.contains("99,990 not processed"));
    }
}
