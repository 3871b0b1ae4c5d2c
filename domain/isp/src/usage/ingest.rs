//! Stores days, replacing existing ones.

use super::day::{Day, Row};
use kernel::{UnitOfWork, events};
use platform::{
    bulk::{self, SqlType},
    error::{Error, Result},
};
use sea_orm::ConnectionTrait;
use serde_json::json;

/// Rows per statement.
const BATCH: usize = 5000;

/// The source of usage data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// An imported file.
    Import,
    /// RADIUS accounting.
    Radius,
}

impl Source {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Radius => "radius",
        }
    }
}

/// Stores days of customers of the actor's organization, replacing existing ones, and records one `usage.recorded` for
/// all. No day of a customer may occur twice. `Invalid` names the faults by row, from 0; `NotFound` if one of the
/// customers is not the organization's.
pub async fn ingest(work: &UnitOfWork, source: Source, days: &[Day]) -> Result<()> {
    check(days)?;
    for batch in days.chunks(BATCH) {
        upsert_days(work, source, batch, &replaced()).await?;
    }
    record_event(work, source, days).await
}

/// Records one event for all days, if there are any.
pub(super) async fn record_event(work: &UnitOfWork, source: Source, days: &[Day]) -> Result<()> {
    let (Some(first), Some(last)) = (days.iter().map(|it| it.day).min(), days.iter().map(|it| it.day).max())
    else {
        return Ok(());
    };
    let organization = work.actor.organization;
    let payload = json!({ "rows": days.len(), "from": first, "to": last, "source": source.as_str() });
    let about = ("organization", organization.0);
    work.record([events::event(&work.actor, "usage.recorded", about, &payload, work.now())?]);
    Ok(())
}

/// `Invalid` names the faults by row.
pub(super) fn check(days: &[Day]) -> Result<()> {
    let faults: Vec<_> = (0..)
        .zip(days)
        .flat_map(|(row, day)| {
            day.faults().into_iter().map(move |mut fault| {
                fault.row = Some(row);
                fault
            })
        })
        .collect();
    let message = || "Invalid usage data".into();
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid { message: message(), faults }) }
}

/// Writes the days; `change` is the SQL for an existing day `d`. `NotFound` if one of the customers is not the
/// organization's.
pub(super) async fn upsert_days(work: &UnitOfWork, source: Source, days: &[Day], change: &str) -> Result<()> {
    let rows: Vec<_> = days.iter().map(Row::from).collect();
    let transaction = work.transaction().await?;
    let more = [work.actor.organization.into(), source.as_str().into(), work.now().into()];
    let statement = bulk::statement(&transaction, &upsert(change), FIELDS, &rows, more)?;
    let kept = transaction.execute_raw(statement).await?.rows_affected();
    if kept == days.len() as u64 { Ok(()) } else { Err(Error::NotFound("Customer")) }
}

const FIELDS: &bulk::Fields = &[
    ("customer_id", SqlType::Uuid),
    ("day", SqlType::Date),
    ("download_bytes", SqlType::Int),
    ("upload_bytes", SqlType::Int),
    ("peak_download_kbps", SqlType::Int),
    ("peak_upload_kbps", SqlType::Int),
    ("average_download_kbps", SqlType::Int),
    ("average_upload_kbps", SqlType::Int),
    ("sessions", SqlType::Int),
    ("session_seconds", SqlType::Int),
    ("outage_minutes", SqlType::Int),
];

/// SQL that replaces everything but the key.
fn replaced() -> String {
    let fields = FIELDS.iter().skip(2).map(|(name, _)| format!("{name} = excluded.{name}"));
    fields.collect::<Vec<_>>().join(", ")
}

fn upsert(change: &str) -> String {
    format!(
        "insert into usage_days as d ({{columns}}, organization_id, source, recorded_at)
         select {{columns}}, $2, $3, $4 from {{rows}}
         where exists (select 1 from customers where id = r.customer_id and organization_id = $2)
         on conflict (customer_id, day) do update
         set {change}, source = excluded.source, recorded_at = excluded.recorded_at"
    )
}
