//! Add to what is kept of a day.

use super::{
    day::{Day, LARGEST_FLOW, MOST_MBPS, MOST_OUTAGE, MOST_SECONDS, MOST_SESSIONS},
    ingest::{Source, check, keep, tell},
};
use crate::{UnitOfWork, error::Result};
use sea_orm::{ConnectionTrait, DbBackend};

/// Adds these days of customers of the actor's organization to what is kept of them, and records one
/// `usage.recorded` for all. Bytes, sessions, their seconds and the outage are summed, up to what a day can have;
/// peaks are the higher ones; averages follow from the sums. No day of a customer may be there twice. Faults are those
/// of [`super::ingest`].
pub async fn add(work: &UnitOfWork, source: Source, days: &[Day]) -> Result<()> {
    check(days)?;
    let backend = work.transaction().await?.get_database_backend();
    keep(work, source, days, &sums(backend)).await?;
    tell(work, source, days).await
}

/// What becomes of a day `d` that is kept. The database adds, so that of two who add at once none is lost.
fn sums(backend: DbBackend) -> String {
    let [least, greatest] = match backend {
        DbBackend::Postgres => ["least", "greatest"],
        _ => ["min", "max"],
    };
    let sum = |(field, most): (&str, i64)| format!("{field} = {least}(d.{field} + excluded.{field}, {most})");
    let peak = |field: &str| format!("{field} = {greatest}(d.{field}, excluded.{field})");
    // As `Flow::rates` has it: over the sessions, or the day.
    let average = |(field, bytes): (&str, &str)| {
        let seconds = "coalesce(nullif(d.session_seconds + excluded.session_seconds, 0), 86400)";
        let most = MOST_MBPS * 1000;
        format!("{field} = {least}((d.{bytes} + excluded.{bytes}) / 125 / {seconds}, {most})")
    };
    let summed = [
        ("download_bytes", LARGEST_FLOW),
        ("upload_bytes", LARGEST_FLOW),
        ("sessions", MOST_SESSIONS),
        ("session_seconds", MOST_SECONDS),
        ("outage_minutes", MOST_OUTAGE),
    ];
    let averages = [("average_download_kbps", "download_bytes"), ("average_upload_kbps", "upload_bytes")];
    let sums = summed.into_iter().map(sum).chain(["peak_download_kbps", "peak_upload_kbps"].map(peak));
    sums.chain(averages.into_iter().map(average)).collect::<Vec<_>>().join(", ")
}
