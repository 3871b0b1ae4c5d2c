//! Usage as shown to partners.

use super::Ground;
use crate::app::{Pairing, both};
use anyhow::Result;
use entities::ids::CustomerId;
use isp::usage::{Day, Flow, MOST_SESSIONS};
use reqwest::StatusCode;
use serde_json::json;

both!(
    where_nothing_was_used_there_are_zeros,
    days_are_summed_by_what_each_means,
    a_day_that_is_told_again_is_not_added,
    only_whole_truths_are_kept,
    bad_questions_are_refused,
    strangers_see_nothing,
);

async fn where_nothing_was_used_there_are_zeros(pairing: Pairing) -> Result<()> {
    let ground = Ground::at(pairing, "UTC", "2027-02-10T12:00:00Z").await?;
    let shown = ground.current().await?;
    let nothing = json!({
        "downloadGB": 0.0, "uploadGB": 0.0, "peakDownloadMbps": 0.0, "peakUploadMbps": 0.0,
        "averageDownloadMbps": 0.0, "averageUploadMbps": 0.0,
    });
    assert_eq!((&shown["customerId"], &shown["usage"]), (&json!(ground.customer.to_string()), &nothing));
    assert_eq!(shown["sessions"], json!({ "total": 0, "averageDurationMinutes": 0.0 }));
    let past = ground.history("").await?;
    let months: Vec<_> = past["history"].as_array().unwrap().iter().map(|it| &it["period"]).collect();
    assert_eq!(months, ["2026-09", "2026-10", "2026-11", "2026-12", "2027-01", "2027-02"], "oldest first");
    assert_eq!((&past["periodMonths"], &past["endDate"]), (&json!(6), &json!("2027-02-10")));
    assert_eq!(past["summary"]["averageUptime"], json!(100.0));
    ground.app.drain().await
}

async fn days_are_summed_by_what_each_means(pairing: Pairing) -> Result<()> {
    let ground = Ground::at(pairing, "UTC", "2027-01-31T00:00:00Z").await?;
    let flow = |bytes, peak, average| Flow { bytes, peak_kbps: Some(peak), average_kbps: Some(average) };
    let long = Day {
        download: flow(245_700_400_000, 485_000, 100_000),
        upload: flow(1_000_000_000, 10_000, 4000),
        sessions: 2,
        session_seconds: 30_000,
        outage_minutes: 30,
        ..ground.day("2027-01-01", 0)
    };
    let short = Day {
        download: flow(300_000_000, 500_500, 200_000),
        upload: flow(0, 20_000, 8000),
        sessions: 1,
        session_seconds: 10_000,
        outage_minutes: 402,
        ..ground.day("2027-01-30", 0)
    };
    ground.keep(&[long, short, ground.day("2026-12-31", 2_000_000_000)]).await?;
    let shown = ground.current().await?;
    let expected = json!({
        "downloadGB": 246.0, "uploadGB": 1.0, "peakDownloadMbps": 500.5, "peakUploadMbps": 20.0,
        "averageDownloadMbps": 125.0, "averageUploadMbps": 5.0,
    });
    assert_eq!(shown["usage"], expected);
    assert_eq!(shown["sessions"], json!({ "total": 3, "averageDurationMinutes": 222.22 }));
    let past = ground.history("?months=2").await?;
    let [december, january] = past["history"].as_array().unwrap().as_slice() else { panic!("{past}") };
    assert_eq!(january["downloadGB"], json!(246.0));
    assert_eq!((&january["uptime"], &january["outageMinutes"]), (&json!(99.0), &json!(432)), "of 30 days");
    // What was not measured follows from the bytes.
    let kbps = 2_000_000_000 / 125 / 86_400;
    assert_eq!(december["averageUploadMbps"], json!(f64::from(kbps) / 1000.0));
    let summary = json!({
        "totalDownloadGB": 248.0, "totalUploadGB": 3.0, "averageUptime": 99.51, "totalOutageMinutes": 432,
    });
    assert_eq!(past["summary"], summary, "432 of 61 days");
    ground.app.drain().await
}

async fn a_day_that_is_told_again_is_not_added(pairing: Pairing) -> Result<()> {
    let ground = Ground::at(pairing, "UTC", "2027-01-31T00:00:00Z").await?;
    for bytes in [1_000_000_000, 3_000_000_000, 3_000_000_000] {
        ground.keep(&[ground.day("2027-01-02", bytes)]).await?;
        assert_eq!(
            ground.current().await?["usage"]["downloadGB"],
            json!(f64::from(u32::try_from(bytes)?) / 1e9)
        );
    }
    assert_eq!(ground.app.events_of("usage.recorded").await?.len(), 3);
    ground.app.drain().await
}

async fn only_whole_truths_are_kept(pairing: Pairing) -> Result<()> {
    let ground = Ground::at(pairing, "UTC", "2027-01-31T00:00:00Z").await?;
    let good = ground.day("2027-01-02", 5);
    let absurd = Day { sessions: MOST_SESSIONS + 1, ..ground.day("2027-01-03", -1) };
    let refused = ground.keep(&[good, absurd]).await.unwrap_err().to_string();
    assert!(
        ["download_bytes", "upload_bytes", "sessions"].iter().all(|it| refused.contains(it)),
        "{refused}"
    );
    let unknown = Day { customer: CustomerId::new(), ..good };
    let refused = ground.keep(&[good, unknown]).await.unwrap_err().to_string();
    assert!(refused.contains("Customer not found"), "{refused}");
    assert_eq!(ground.app.count("usage_days").await?, 0);
    ground.app.drain().await
}

async fn bad_questions_are_refused(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    for (query, field) in [
        ("months=0", "months"),
        ("months=25", "months"),
        ("months=six", "months"),
        ("months=1.5", "months"),
        ("endDate=yesterday", "endDate"),
        ("endDate=2026-02-30", "endDate"),
        ("endDate=2027-02-29", "endDate"),
        ("endDate=1969-12-31", "endDate"),
        ("endDate=2100-01-01", "endDate"),
        ("endDate=2026-11-21T25:00:00Z", "endDate"),
    ] {
        let path = format!("/api/v1/customers/{}/usage/history?{query}", ground.customer);
        let details = ground.caller.get(&path).await?.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert_eq!(details["errors"][0]["field"], field, "{query}: {details}");
    }
    for query in [
        "?endDate=2028-02-29&months=1",
        "?endDate=2000-02-29&months=24",
        "?endDate=1970-01-01",
        "?endDate=&months=6.0",
    ] {
        assert!(ground.history(query).await?["history"].is_array(), "{query}");
    }
    // The date as written.
    let of_a_time = ground.history("?endDate=2026-10-31T23:30:00-05:00").await?;
    assert_eq!(of_a_time["endDate"], "2026-10-31");
    ground.app.drain().await
}

async fn strangers_see_nothing(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let stranger = ground.caller.with_key(Some(&ground.app.key("other").await?));
    for id in [ground.customer.to_string(), CustomerId::new().to_string(), "x".into()] {
        for path in ["usage", "usage/history"] {
            let answer = stranger.get(&format!("/api/v1/customers/{id}/{path}")).await?;
            answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        }
    }
    ground.app.drain().await
}
