//! Months depend on the time zone.

use super::Ground;
use crate::app::{Pairing, both};
use anyhow::Result;
use isp::usage::Day;
use serde_json::{Value, json};

both!(
    west_of_greenwich_it_is_still_the_old_month,
    east_of_greenwich_it_is_the_new_month_already,
    months_in_which_clocks_change_have_other_minutes,
);

fn seconds(period: &Value) -> Vec<String> {
    let text = |end: &str| period[end].as_str().unwrap_or_default().parse::<chrono::DateTime<chrono::Utc>>();
    ["start", "end"].map(|end| text(end).map_or_else(|_| "?".into(), |at| at.to_rfc3339())).to_vec()
}

/// A gigabyte on the last day of the year, two on the first of the next.
async fn turn_of_the_year(pairing: Pairing, zone: &str, now: &str) -> Result<Ground> {
    let ground = Ground::at(pairing, zone, now).await?;
    let days = [("2026-12-31", 1_000_000_000), ("2027-01-01", 2_000_000_000)];
    ground.keep(&days.map(|(day, bytes)| ground.day(day, bytes))).await?;
    Ok(ground)
}

async fn west_of_greenwich_it_is_still_the_old_month(pairing: Pairing) -> Result<()> {
    let ground = turn_of_the_year(pairing, "America/New_York", "2027-01-01T04:30:00Z").await?;
    let shown = ground.current().await?;
    assert_eq!(seconds(&shown["period"]), ["2026-12-01T05:00:00+00:00", "2027-01-01T05:00:00+00:00"]);
    assert_eq!(shown["usage"]["downloadGB"], json!(1.0));
    assert_eq!(ground.history("?months=1").await?["endDate"], "2026-12-31");
    ground.app.drain().await
}

async fn east_of_greenwich_it_is_the_new_month_already(pairing: Pairing) -> Result<()> {
    let ground = turn_of_the_year(pairing, "Asia/Tokyo", "2026-12-31T15:00:00Z").await?;
    let shown = ground.current().await?;
    assert_eq!(seconds(&shown["period"]), ["2026-12-31T15:00:00+00:00", "2027-01-31T15:00:00+00:00"]);
    assert_eq!(shown["usage"]["downloadGB"], json!(2.0));
    let past = ground.history("?months=1&endDate=2026-12-01").await?;
    assert_eq!(past["history"][0]["downloadGB"], json!(1.0), "the month of that day, whole");
    ground.app.drain().await
}

/// An hour out of 31 days less an hour; the same out of 30 days and an hour.
async fn months_in_which_clocks_change_have_other_minutes(pairing: Pairing) -> Result<()> {
    let ground = Ground::at(pairing, "America/New_York", "2027-12-01T12:00:00Z").await?;
    let day = |day| Day { outage_minutes: 1458, ..ground.day(day, 0) };
    ground.keep(&[day("2027-03-14"), day("2027-11-07")]).await?;
    for (end, uptime) in [("2027-03-31", 96.73), ("2027-11-01", 96.63)] {
        let past = ground.history(&format!("?months=1&endDate={end}")).await?;
        assert_eq!(past["history"][0]["uptime"], json!(uptime), "{end}");
    }
    ground.app.drain().await
}
