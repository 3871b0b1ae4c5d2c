//! A provisioning request in the tree: the job that has it, and what was ordered from vendors for it.

use super::{job_line, orders, section};
use crate::output::{self, time};
use isp::{
    explain::Provisioning,
    provisioning::{Rollback, rollback},
};
use sea_orm::ActiveEnum;
use std::fmt::Write;

/// A request that was asked for.
pub(super) fn provisioning(found: &Provisioning) -> String {
    let record = &found.record;
    let (kind, status) = (record.kind.to_value(), record.status.to_value());
    let mut text = format!(
        "provisioning request {}\n  {}  {kind} of {}, {status}",
        record.id,
        time(record.created_at),
        record.subscription_id
    );
    // Writing to a String does not fail.
    if let Some((why, rollback)) = rollback(record) {
        let (word, problem) = match rollback {
            Rollback::InProgress => ("being undone", None),
            Rollback::Done => ("undone", None),
            Rollback::Failed(problem) => ("failed", Some(problem)),
        };
        let _ = write!(text, "\n  {word}: {}", output::escape(why));
        if let Some(problem) = problem {
            let _ = write!(text, "\n  could not be undone: {}", output::escape(problem));
        }
    }
    if let Some(job) = &found.job {
        let _ = write!(text, "\n  {}", job_line(job));
    }
    section(&mut text, "orders", &found.orders, |order| {
        let (id, at, kind) = (order.id.0, time(order.created_at), order.kind);
        vec![format!("{id}  {at}  {kind:?}, {}", orders::state(order))]
    });
    text
}
