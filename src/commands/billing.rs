//! The billing schedule shown by `up` and `invoice run`: the next run, and where its mail goes.

use crate::output;
use chrono::{DateTime, Utc};
use isp::{charges::Month, invoices};
use kernel::{Kernel, UnitOfWork};

/// Maximum number of organizations shown.
const NAMED: usize = 5;

/// The next run of each organization, and where invoices are mailed to.
pub async fn summary(kernel: &Kernel) -> anyhow::Result<String> {
    let all = invoices::next_runs(kernel).await?;
    let mut lines: Vec<_> = all
        .iter()
        .take(NAMED)
        .map(|run| format!("Billing of {}: {}", run.organization, when(kernel, run.next)))
        .collect();
    if all.is_empty() {
        lines.push(format!("Billing: {}", when(kernel, None)));
    }
    if all.len() > NAMED {
        lines.push(format!("And {} more organizations", all.len() - NAMED));
    }
    lines.push(format!("Invoices {}", mail(kernel)));
    Ok(lines.join("\n"))
}

/// The organization's next run; `None` without subscriptions.
pub async fn next_run(work: &UnitOfWork) -> anyhow::Result<Option<String>> {
    let all = invoices::next_runs(&work.kernel).await?;
    let run = all.iter().find(|run| run.id == work.actor.organization);
    Ok(run.map(|run| format!("Next: {}", when(&work.kernel, run.next))))
}

fn when(kernel: &Kernel, next: Option<(Month, DateTime<Utc>)>) -> String {
    match next {
        _ if !kernel.settings.invoices.enabled => {
            "only by `switchyard invoice run --month YYYY-MM` (`invoices.enabled` is false)".to_owned()
        }
        None => "start the first run with `switchyard invoice run --month YYYY-MM`".to_owned(),
        Some((month, at)) => format!("{month} is billed automatically from {}", output::time(at)),
    }
}

/// Where invoices are mailed to.
fn mail(kernel: &Kernel) -> String {
    if !kernel.settings.invoices.mail {
        return "are not mailed (`invoices.mail` is false)".to_owned();
    }
    match kernel.mailer.outbox() {
        Some(folder) => format!("are not mailed, but written to {} (no `mail.url`)", folder.display()),
        None => format!("are mailed to customers from {}", kernel.settings.mail.from),
    }
}
