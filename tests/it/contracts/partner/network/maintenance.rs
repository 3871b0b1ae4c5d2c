//! Maintenance windows: listed as time passes.

use super::operator;
use crate::app::{Caller, Pairing, TestApp, both};
use anyhow::Result;
use chrono::TimeDelta;
use entities::{
    ids::MaintenanceId,
    maintenance::{Impact, MaintenanceType},
};
use isp::network::maintenance::{NewWindow, cancel, plan};
use platform::Error;
use reqwest::StatusCode;
use serde_json::{Value, json};

both!(
    a_window_comes_and_goes,
    windows_are_looked_for_within_days,
    a_window_is_called_off_before_it_begins,
    what_is_wrong_with_a_query_is_named,
    every_fault_of_a_window_is_named,
);

/// A window of two hours that begins in so many.
pub fn window(app: &TestApp, hours: i64) -> NewWindow {
    let start = app.clock.now() + TimeDelta::hours(hours);
    NewWindow {
        kind: MaintenanceType::FirmwareUpgrade,
        title: format!("In {hours} hours"),
        description: "New firmware".into(),
        areas: vec!["Downtown".into()],
        services: vec!["internet".into(), "voice".into()],
        impact: Impact::Moderate,
        starts_at: start,
        ends_at: start + TimeDelta::hours(2),
        notification_sent: true,
    }
}

async fn planned(app: &TestApp, hours: i64) -> Result<MaintenanceId> {
    let work = operator(app).await?;
    let made = plan(&work, window(app, hours)).await?;
    work.commit().await?;
    Ok(made.id)
}

async fn listed(caller: &Caller, query: &str) -> Result<Value> {
    let answer = caller.get(&format!("/api/v1/network/maintenance{query}")).await?;
    assert_eq!(answer.status, 200, "{query}: {answer:?}");
    Ok(answer.json()["data"].take())
}

fn states(data: &Value) -> Vec<&str> {
    data["maintenance"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect()
}

async fn a_window_comes_and_goes(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let id = planned(&app, 1).await?;
    let data = listed(&caller, "").await?;
    let window = &data["maintenance"][0];
    for (field, value) in [
        ("id", json!(id.to_string())),
        ("type", json!("FIRMWARE_UPGRADE")),
        ("affectedAreas", json!(["Downtown"])),
        ("affectedServices", json!(["internet", "voice"])),
        ("estimatedImpact", json!("MODERATE")),
        ("status", json!("SCHEDULED")),
        ("notificationSent", json!(true)),
    ] {
        assert_eq!(window[field], value, "{field}");
    }
    app.clock.advance(TimeDelta::hours(2));
    let data = listed(&caller, "?includeCompleted=null").await?;
    assert_eq!(states(&data), ["IN_PROGRESS"]);
    let summary = json!({ "total": 1, "scheduled": 0, "inProgress": 1, "completed": 0 });
    assert_eq!(data["summary"], summary);
    app.clock.advance(TimeDelta::hours(2));
    for (query, expected) in [
        ("", vec![]),
        ("?includeCompleted=false", vec![]),
        ("?includeCompleted=true", vec!["COMPLETED"]),
        ("?status=COMPLETED", vec!["COMPLETED"]),
        ("?status=SCHEDULED&includeCompleted=true", vec![]),
    ] {
        assert_eq!(states(&listed(&caller, query).await?), expected, "{query}");
    }
    app.drain().await
}

async fn windows_are_looked_for_within_days(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    for days in [40, 2, 10] {
        planned(&app, days * 24).await?;
    }
    for (query, expected) in [("?days=1", 0), ("?days=5", 1), ("", 2), ("?days=90", 3)] {
        let data = listed(&caller, query).await?;
        assert_eq!(data["summary"]["total"], expected, "{query}");
        let starts: Vec<_> = data["maintenance"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["scheduledStart"].as_str())
            .collect();
        assert!(starts.is_sorted(), "{starts:?}");
    }
    let range = &listed(&caller, "?days=5").await?["timeRange"];
    assert!(range["days"] == 5 && range["start"].as_str() < range["end"].as_str(), "{range}");
    let stranger = caller.with_key(Some(&app.key("other").await?));
    assert_eq!(listed(&stranger, "?days=90").await?["summary"]["total"], 0);
    app.drain().await
}

async fn a_window_is_called_off_before_it_begins(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let (first, second) = (planned(&app, 1).await?, planned(&app, 48).await?);
    let off = async |id| {
        let work = operator(&app).await?;
        cancel(&work, id).await?;
        work.commit().await?;
        anyhow::Ok(())
    };
    off(second).await?;
    assert_eq!(states(&listed(&caller, "").await?), ["SCHEDULED"]);
    assert_eq!(states(&listed(&caller, "?status=CANCELLED").await?), ["CANCELLED"]);
    app.clock.advance(TimeDelta::hours(2));
    for id in [first, second] {
        let refused = off(id).await.unwrap_err().downcast::<Error>()?;
        assert!(matches!(refused, Error::Conflict { .. }), "{refused}");
    }
    let events = app.events().await?;
    assert_eq!(events[1..], ["maintenance.planned", "maintenance.planned", "maintenance.cancelled"]);
    app.drain().await
}

async fn what_is_wrong_with_a_query_is_named(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    for bad in ["days=0", "days=91", "days=x", "includeCompleted=perhaps", "status=OVER"] {
        let answer = caller.get(&format!("/api/v1/network/maintenance?{bad}")).await?;
        let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert!(details.to_string().contains(bad.split('=').next().unwrap()), "{bad}: {details}");
    }
    app.drain().await
}

async fn every_fault_of_a_window_is_named(pairing: Pairing) -> Result<()> {
    let (app, _) = TestApp::serving(pairing).await?;
    let bad = NewWindow {
        title: String::new(),
        areas: vec![],
        services: vec![" ".into()],
        ends_at: app.clock.now() - TimeDelta::hours(2),
        ..window(&app, -1)
    };
    let Err(Error::Invalid { faults, .. }) = plan(&operator(&app).await?, bad).await else {
        panic!("it was taken")
    };
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["title", "area", "service", "start", "end"]);
    app.drain().await
}
