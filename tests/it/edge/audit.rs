//! The audit trail: actor, change and address.

use super::{CUSTOMERS, customer};
use crate::app::{Pairing, TestApp, both};
use anyhow::Result;
use entities::event;
use reqwest::Method;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

both!(changes_say_who_and_what, what_follows_from_a_request_bears_its_id, a_refused_change_leaves_no_trace);

async fn events(app: &TestApp) -> Result<Vec<event::Model>> {
    let all = event::Entity::find().order_by_asc(event::Column::Id);
    Ok(all.all(app.kernel.db.reader()).await?)
}

async fn changes_say_who_and_what(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| {
        settings.http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await?;
    let caller = app.serve().await?;
    let made = caller.post(CUSTOMERS, &customer("a@example.com")).await?.json();
    let path = format!("{CUSTOMERS}/{}", made["data"]["id"].as_str().unwrap());
    let change = caller
        .request(Method::PATCH, &path)
        .header("x-request-id", "the-change")
        .header("x-forwarded-for", "198.51.100.7")
        .json(&json!({ "firstName": "Jane", "lastName": "Doe", "phone": "555" }));
    assert_eq!(caller.send(change).await?.status, 200);
    let [.., created, updated] = &events(&app).await?[..] else { panic!("two events") };
    assert_eq!((&*created.kind, &created.changes), ("customer.created", &None));
    assert_eq!(created.operation.as_deref(), Some("partner POST /api/v1/customers"));
    assert_eq!(created.address.as_deref(), Some("127.0.0.1"));
    assert!(created.actor.starts_with("key_") && created.actor == updated.actor);
    assert_eq!(updated.request_id.as_deref(), Some("the-change"));
    assert_eq!(updated.address.as_deref(), Some("198.51.100.7"));
    assert_eq!(updated.operation.as_deref(), Some("partner PATCH /api/v1/customers/{id}"));
    let mut changes = updated.changes.clone().unwrap();
    let at = changes.as_object_mut().unwrap().remove("updated_at");
    assert!(at.is_some_and(|at| at["before"] != at["after"]));
    let expected = json!({
        "first_name": { "before": "John", "after": "Jane" },
        "phone": { "before": null, "after": "555" },
    });
    assert_eq!(changes, expected, "what stayed the same is not told");
    app.drain().await
}

async fn what_follows_from_a_request_bears_its_id(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let bulk = caller.request(Method::POST, "/api/v1/bulk/customers").header("x-request-id", "the-import");
    let bulk = bulk.json(&json!({ "customers": [customer("a@example.com"), customer("b@example.com")] }));
    let job = caller.send(bulk).await?.json();
    caller.import_ended(job["data"]["id"].as_str().unwrap()).await?;
    let events = events(&app).await?;
    let told: Vec<_> =
        events.iter().filter(|event| event.request_id.as_deref() == Some("the-import")).collect();
    let kinds: Vec<_> = told.iter().map(|event| &*event.kind).collect();
    assert_eq!(kinds, ["bulk_import.created", "customer.created", "customer.created"]);
    assert!(told[0].actor.starts_with("key_") && told[1].actor.starts_with("job_"));
    assert_eq!(
        told[0].payload.read::<Value>()?,
        json!({ "rows": 2, "options": { "stop_on_error": false, "dry_run": false } })
    );
    app.drain().await
}

async fn a_refused_change_leaves_no_trace(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    caller.post(CUSTOMERS, &customer("a@example.com")).await?;
    let before = events(&app).await?.len();
    assert_eq!(caller.post(CUSTOMERS, &customer("a@example.com")).await?.status, 409);
    assert_eq!(caller.patch(&format!("{CUSTOMERS}/cust_none"), &json!({})).await?.status, 404);
    assert_eq!(events(&app).await?.len(), before);
    app.drain().await
}
