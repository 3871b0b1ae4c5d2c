//! The status of the network.

use super::{fault, news, opened, resolved, told};
use crate::{
    app::{Pairing, TestApp, both},
    contracts::partner::customer,
};
use anyhow::Result;
use chrono::TimeDelta;
use entities::outage::{OutageStatus, Severity};
use isp::network::outages::{NewOutage, OutageUpdate};
use serde_json::{Value, json};

both!(the_worst_outage_is_how_a_region_is, regions_are_forgotten_after_a_month);

async fn the_worst_outage_is_how_a_region_is(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let status =
        async || -> Result<Value> { Ok(caller.get("/api/v1/network/status").await?.json()["data"].take()) };
    let before = status().await?;
    assert_eq!((&before["overall"], &before["regions"]), (&json!("healthy"), &json!([])));
    for email in ["a@x.com", "b@x.com"] {
        caller.post("/api/v1/customers", &customer(email)).await?;
    }
    let light = opened(&app, fault("Downtown", &["92025"])).await?;
    let region = |status, outages, customers| json!({ "name": "Downtown", "status": status, "activeOutages": outages, "customersAffected": customers });
    let now = status().await?;
    assert_eq!((&now["overall"], &now["regions"]), (&json!("degraded"), &json!([region("degraded", 1, 2)])));
    assert_eq!(now["metrics"]["activeCustomers"], 2);
    let grave = NewOutage { severity: Severity::High, ..fault("Downtown", &["92025", "92026"]) };
    let grave = opened(&app, grave).await?;
    let now = status().await?;
    assert_eq!((&now["overall"], &now["regions"]), (&json!("outage"), &json!([region("outage", 2, 2)])));
    told(&app, grave.id, OutageUpdate { status: Some(OutageStatus::Monitoring), ..news("Mended") }).await?;
    assert_eq!(status().await?["overall"], "degraded", "it is mended and watched");
    for id in [light.id, grave.id] {
        resolved(&app, id).await?;
    }
    let now = status().await?;
    assert_eq!((&now["overall"], &now["regions"]), (&json!("healthy"), &json!([region("healthy", 0, 0)])));
    let stranger = caller.with_key(Some(&app.key("other").await?));
    let other = stranger.get("/api/v1/network/status").await?.json()["data"].take();
    assert_eq!((&other["regions"], &other["metrics"]["activeCustomers"]), (&json!([]), &json!(0)));
    app.drain().await
}

async fn regions_are_forgotten_after_a_month(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let over = opened(&app, fault("Downtown", &["92025"])).await?;
    opened(&app, fault("Harbor", &["92026"])).await?;
    resolved(&app, over.id).await?;
    let names = async || -> Result<Vec<Value>> {
        let data = caller.get("/api/v1/network/status").await?.json()["data"].take();
        Ok(data["regions"].as_array().unwrap().iter().map(|region| region["name"].clone()).collect())
    };
    assert_eq!(names().await?, ["Downtown", "Harbor"]);
    app.clock.advance(TimeDelta::days(31));
    assert_eq!(names().await?, ["Harbor"], "what is not over is shown however long it takes");
    app.drain().await
}
