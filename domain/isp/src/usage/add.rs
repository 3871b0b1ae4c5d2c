//! Adds to stored days.

use super::{
    day::{Day, LARGEST_FLOW, MOST_MBPS, MOST_OUTAGE, MOST_SECONDS, MOST_SESSIONS},
    ingest::{Source, check, record_event, upsert_days},
};
use kernel::UnitOfWork;
use platform::error::Result;
use sea_orm::{ConnectionTrait, DbBackend};

/// Adds to the days of customers of the actor's organization, and records one `usage.recorded` for all. Bytes,
/// sessions, seconds and outage minutes are summed, up to the maximum of a day; peaks are the maximum; averages follow
/// from the sums. No day of a customer may occur twice. Errors are those of [`super::ingest`].
pub async fn add(work: &UnitOfWork, source: Source, days: &[Day]) -> Result<()> {
    check(days)?;
    let backend = work.transaction().await?.get_database_backend();
    upsert_days(work, source, days, &sums(backend)).await?;
    record_event(work, source, days).await
}

/// SQL that adds to a stored day `d`. The database adds, so that concurrent additions are not lost.
fn sums(backend: DbBackend) -> String {
    let [least, greatest] = match backend {
        DbBackend::Postgres => ["least", "greatest"],
        _ => ["min", "max"],
    };
    let sum = |(field, most): (&str, i64)| format!("{field} = {least}(d.{field} + excluded.{field}, {most})");
    let peak = |field: &str| format!("{field} = {greatest}(d.{field}, excluded.{field})");
    // As in `Flow::rates`: over the sessions, or the day.
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
