//! Outages: lists, single ones, events.

use super::{fault, news, opened, operator, resolved, told};
use crate::{
    app::{Pairing, Receiver, TestApp, both},
    contracts::partner::customer,
};
use anyhow::Result;
use chrono::TimeDelta;
use entities::outage::{OutageStatus, OutageType, Severity};
use isp::network::outages::{NewOutage, OutageUpdate, open};
use platform::Error;
use reqwest::StatusCode;
use serde_json::{Value, json};

both!(
    an_outage_is_read_in_both_forms,
    customers_are_counted_by_zip,
    lists_are_filtered_and_paged,
    what_is_wrong_with_a_query_is_named,
    an_outage_is_told_as_it_is_listed,
    what_is_over_stays_over,
    every_fault_of_an_outage_is_named,
);

async fn an_outage_is_read_in_both_forms(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let now = app.clock.now();
    let (began, estimate) = (now - TimeDelta::hours(1), now + TimeDelta::hours(3));
    let new = NewOutage {
        areas: vec!["Downtown".into(), "Harbor".into()],
        started_at: Some(began),
        estimated_resolution: Some(estimate),
        ..fault("", &["92026", "92025"])
    };
    let outage = opened(&app, new).await?;
    let identified = OutageUpdate { status: Some(OutageStatus::Identified), ..news("Found it") };
    told(&app, outage.id, identified).await?;
    let list = caller.get("/api/v1/network/outages").await?.json();
    let listed = &list["data"][0];
    for (field, value) in [
        ("id", json!(outage.id.to_string())),
        ("type", json!("UNPLANNED")),
        ("severity", json!("MEDIUM")),
        ("status", json!("IDENTIFIED")),
        ("affectedArea", json!("Downtown; Harbor")),
        ("affectedCustomers", json!(0)),
        ("affectedZips", json!(["92025", "92026"])),
        ("resolvedAt", Value::Null),
    ] {
        assert_eq!(listed[field], value, "{field}");
    }
    assert_eq!(listed["updates"][0]["message"], "Found it");
    let answer = caller.get(&format!("/api/v1/network/outages/{}", outage.id)).await?;
    let read = answer.json()["data"].take();
    for (field, value) in [
        ("status", json!("IN_PROGRESS")),
        ("affectedAreas", json!(["Downtown", "Harbor"])),
        ("affectedServices", json!(["internet"])),
        ("affectedCustomerCount", json!(0)),
        ("startedAt", listed["startedAt"].clone()),
        ("estimatedEndAt", listed["estimatedResolution"].clone()),
    ] {
        assert_eq!(read[field], value, "{field}");
    }
    assert_eq!(read["updates"][0]["author"], "Ops");
    assert!(read["estimatedEndAt"].as_str() > read["startedAt"].as_str());
    resolved(&app, outage.id).await?;
    let read = caller.get(&format!("/api/v1/network/outages/{}", outage.id)).await?.json()["data"].take();
    assert_eq!((&read["status"], read["updates"].as_array().map(Vec::len)), (&json!("RESOLVED"), Some(2)));
    assert!(read["resolvedAt"].as_str() > read["createdAt"].as_str());
    app.drain().await
}

async fn customers_are_counted_by_zip(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let with_zip = |email: &str, zip: &str| {
        let mut new = customer(email);
        new["serviceAddress"]["zip"] = zip.into();
        new
    };
    for (email, zip) in [("a@x.com", "92025"), ("b@x.com", "92025-1234"), ("c@x.com", "92027")] {
        caller.post("/api/v1/customers", &with_zip(email, zip)).await?;
    }
    let stranger = caller.with_key(Some(&app.key("other").await?));
    stranger.post("/api/v1/customers", &with_zip("d@x.com", "92025")).await?;
    let outage = opened(&app, fault("Downtown", &["92025", "92026"])).await?;
    let count = async || -> Result<Value> {
        Ok(caller.get("/api/v1/network/outages").await?.json()["data"][0]["affectedCustomers"].take())
    };
    assert_eq!(count().await?, 2);
    caller.post("/api/v1/customers", &with_zip("e@x.com", "92026")).await?;
    told(&app, outage.id, news("Still looking")).await?;
    assert_eq!(count().await?, 3, "counted again");
    app.drain().await
}

async fn lists_are_filtered_and_paged(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let first = opened(&app, fault("A", &["92025"])).await?;
    let second = opened(&app, NewOutage { kind: OutageType::Planned, ..fault("B", &["92025"]) }).await?;
    let third = opened(&app, fault("C", &["92025"])).await?;
    resolved(&app, first.id).await?;
    let [first, second, third] = [first.id, second.id, third.id].map(|id| id.to_string());
    for (query, expected) in [
        ("", vec![&third, &second, &first]),
        ("?limit=null", vec![&third, &second, &first]),
        ("?status=RESOLVED", vec![&first]),
        ("?type=PLANNED", vec![&second]),
        ("?type=UNPLANNED&status=INVESTIGATING", vec![&third]),
        ("?limit=2", vec![&third, &second]),
        ("?limit=2&page=2", vec![&first]),
        ("?page=4000000000", vec![]),
    ] {
        let list = caller.get(&format!("/api/v1/network/outages{query}")).await?.json();
        let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        assert_eq!(ids, expected.into_iter().map(|id| json!(id)).collect::<Vec<_>>(), "{query}");
    }
    let list = caller.get("/api/v1/network/outages?limit=2").await?.json();
    let expected =
        json!({ "page": 1, "limit": 2, "total": 3, "totalPages": 2, "hasNext": true, "hasPrev": false });
    assert_eq!(list["pagination"], expected);
    app.drain().await
}

async fn what_is_wrong_with_a_query_is_named(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    for bad in ["limit=1.5", "limit=x", "page=0", "status=OPEN", "type=EMERGENCY"] {
        let answer = caller.get(&format!("/api/v1/network/outages?{bad}")).await?;
        let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert!(details.to_string().contains(bad.split('=').next().unwrap()), "{bad}: {details}");
    }
    // The contract has no bounds for it.
    for (given, taken) in [("0", 1), ("101", 100), ("1e30", 100), ("20.0", 20), ("", 20), ("null", 20)] {
        let listed = caller.get(&format!("/api/v1/network/outages?limit={given}")).await?.json();
        assert_eq!(listed["pagination"]["limit"], taken, "{given}");
    }
    app.drain().await
}

async fn an_outage_is_told_as_it_is_listed(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    caller.hook(&receiver, json!({ "events": ["outage.detected", "outage.resolved"] })).await?;
    let estimate = Some(app.clock.now() + TimeDelta::hours(3));
    let outage = opened(&app, NewOutage { estimated_resolution: estimate, ..fault("A", &["92025"]) }).await?;
    let listed = async || -> Result<Value> {
        Ok(caller.get("/api/v1/network/outages").await?.json()["data"][0].take())
    };
    let detected = receiver.arrived(1).await?.remove(0);
    assert_eq!(detected.json()["data"], listed().await?);
    told(&app, outage.id, news("Still looking")).await?;
    resolved(&app, outage.id).await?;
    let over = receiver.arrived(2).await?.remove(1);
    assert_eq!(over.json()["data"], listed().await?);
    let kinds = [detected, over].map(|sent| sent.json()["type"].take());
    assert_eq!(kinds, [json!("outage.detected"), json!("outage.resolved")]);
    let event = app.events_of("outage.resolved").await?.remove(0);
    let changes = event.changes.unwrap_or_default();
    assert_eq!(changes["status"], json!({ "before": "INVESTIGATING", "after": "RESOLVED" }), "{changes}");
    assert_eq!(app.events_of("outage.updated").await?.len(), 1);
    app.drain().await
}

async fn what_is_over_stays_over(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let outage = opened(&app, fault("A", &["92025"])).await?;
    resolved(&app, outage.id).await?;
    let path = format!("/api/v1/network/outages/{}", outage.id);
    let before = caller.get(&path).await?.text;
    let again = told(&app, outage.id, OutageUpdate { severity: Some(Severity::Low), ..news("Again") }).await;
    let refused = again.unwrap_err().downcast::<Error>()?;
    assert!(matches!(refused, Error::Conflict { .. }), "{refused}");
    assert_eq!(caller.get(&path).await?.text, before);
    let stranger = caller.with_key(Some(&app.key("other").await?));
    stranger.get(&path).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    app.drain().await
}

async fn every_fault_of_an_outage_is_named(pairing: Pairing) -> Result<()> {
    let (app, _) = TestApp::serving(pairing).await?;
    let now = app.clock.now();
    let bad = NewOutage {
        title: " ".into(),
        description: "a\0b".into(),
        services: vec![String::new()],
        started_at: Some(now + TimeDelta::hours(1)),
        estimated_resolution: Some(now),
        ..fault("", &["92025", "9202"])
    };
    let Err(Error::Invalid { faults, .. }) = open(&operator(&app).await?, bad).await else {
        panic!("it was taken")
    };
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["title", "description", "area", "service", "zip", "started", "estimate"]);
    assert_eq!(app.count("outages").await?, 0);
    app.drain().await
}
