//! One step of an import: some rows, in the caller's transaction.

use crate::{
    customers::{self, NewCustomer},
    payloads::{ImportRow, Options, Rejection, RowContent},
};
use chrono::{DateTime, Utc};
use engine::ledger::{PendingPush, Rows};
use entities::{ids::JobId, job_error};
use kernel::events::Actor;
use platform::{
    bulk::{self, SqlType},
    error::{Dependency, Error, Result},
};
use sea_orm::ConnectionTrait;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};

/// The result of a step.
#[derive(Debug, Default)]
pub struct Step {
    /// The counts.
    pub rows: Rows,
    /// The rejected rows, by position.
    pub rejections: BTreeMap<u64, Rejection>,
    /// Whether an error ends the import, according to the options.
    pub stopped: bool,
    /// To push after the commit.
    pub pushes: PendingPush,
}

/// Creates the valid rows; `first` is the position of the first one. A dry run writes nothing. The counts must be
/// recorded in the same transaction.
pub async fn step(
    transaction: &impl ConnectionTrait,
    actor: &Actor,
    first: u64,
    rows: Vec<ImportRow>,
    options: Options,
    now: DateTime<Utc>,
) -> Result<Step> {
    let looked_at = rows.len();
    let lines: Vec<_> = (first..).zip(rows.iter().map(|row| row.line)).collect();
    let (mut candidates, mut rejections) = part(first, rows);
    if options.stop_on_error || options.dry_run {
        reject_existing(transaction, actor, &mut candidates, &mut rejections).await?;
    }
    let (mut processed, mut pushes) = (looked_at, PendingPush::default());
    let stop_at = rejections.keys().next().copied().filter(|_| options.stop_on_error);
    if let Some(place) = stop_at {
        candidates.retain(|(row, _)| *row < place);
        rejections.retain(|row, _| *row <= place);
        processed = usize::try_from(place - first).unwrap_or(0) + 1;
    }
    if !options.dry_run && !candidates.is_empty() {
        let taken;
        (taken, pushes) = customers::create_many(transaction, actor, candidates, now).await?;
        if options.stop_on_error && !taken.is_empty() {
            return Err(Error::unavailable(
                Dependency::Database,
                "another request just took one of the addresses",
            ));
        }
        rejections.extend(taken.into_iter().map(|place| (place, already_taken())));
    }
    for (place, line) in lines {
        if let (Some(rejection), Some(line)) = (rejections.get_mut(&place), line) {
            rejection.set_line(line);
        }
    }
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let (processed, failed) = (count(processed), count(rejections.len()));
    let rows = Rows { processed, succeeded: processed - failed, failed };
    Ok(Step { rows, rejections, stopped: stop_at.is_some(), pushes })
}

/// Separates rows that were already rejected, or repeat an earlier row, from those to create.
fn part(first: u64, rows: Vec<ImportRow>) -> (Vec<customers::Row>, BTreeMap<u64, Rejection>) {
    let (mut candidates, mut rejections, mut seen) = (vec![], BTreeMap::new(), HashSet::new());
    for (place, row) in (first..).zip(rows) {
        match row.content {
            RowContent::Rejected { rejected } => drop(rejections.insert(place, rejected)),
            RowContent::Customer(new) if seen.insert(customers::email_key(&new.email)) => {
                candidates.push((place, *new));
            }
            RowContent::Customer(_) => drop(rejections.insert(place, repeated())),
        }
    }
    (candidates, rejections)
}

async fn reject_existing(
    transaction: &impl ConnectionTrait,
    actor: &Actor,
    candidates: &mut Vec<(u64, NewCustomer)>,
    rejections: &mut BTreeMap<u64, Rejection>,
) -> Result<()> {
    let emails = candidates.iter().map(|(_, new)| new.email.as_str());
    let existing = customers::existing(transaction, actor.organization, emails).await?;
    candidates.retain(|(place, new)| {
        let taken = existing.contains(&customers::email_key(&new.email));
        if taken {
            rejections.insert(*place, already_taken());
        }
        !taken
    });
    Ok(())
}

fn already_taken() -> Rejection {
    Rejection { message: customers::TAKEN.into(), details: Some(json!({ "field": "email" })) }
}

/// The error for a row that repeats an earlier e-mail address.
pub fn repeated() -> Rejection {
    Rejection {
        message: "An earlier row has the same email".into(),
        details: Some(json!({ "field": "email" })),
    }
}

/// Stores the step's rejections as the job's row errors, in the same transaction.
pub async fn record_errors(
    transaction: &impl ConnectionTrait,
    job: JobId,
    rejections: BTreeMap<u64, Rejection>,
) -> Result<()> {
    const FIELDS: &bulk::Fields = &[
        ("job_id", SqlType::Uuid),
        ("row_index", SqlType::Int),
        ("message", SqlType::Text),
        ("details", SqlType::Json),
    ];
    if rejections.is_empty() {
        return Ok(());
    }
    let error = |(place, rejection): (u64, Rejection)| job_error::Model {
        job_id: job,
        row_index: i64::try_from(place).unwrap_or(i64::MAX),
        message: rejection.message,
        details: rejection.details,
    };
    let errors: Vec<_> = rejections.into_iter().map(error).collect();
    let sql = "insert into job_errors ({columns}) select {columns} from {rows}";
    transaction.execute_raw(bulk::statement(transaction, sql, FIELDS, &errors, [])?).await?;
    Ok(())
}
