//! Values from responses can be sent back: null, for a missing value, is accepted.

use super::customer;
use crate::app::{Caller, Pairing, TestApp, both};
use anyhow::{Result, ensure};
use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Map, Value, json};
use std::fmt::Write;

both!(
    what_is_read_can_be_written,
    what_is_exported_can_be_imported,
    an_update_clears_with_null_or_an_empty_text,
    an_empty_text_is_not_given,
);

const CUSTOMERS: &str = "/api/v1/customers";

async fn read(caller: &Caller, path: &str) -> Result<Value> {
    let answer = caller.get(path).await?;
    ensure!(answer.status == 200, "{path}: {answer:?}");
    Ok(answer.json()["data"].take())
}

async fn made(caller: &Caller, path: &str, body: &Value) -> Result<Value> {
    let answer = caller.post(path, body).await?;
    ensure!(matches!(answer.status, 200..=202), "{path} {body}: {answer:?}");
    Ok(answer.json()["data"].take())
}

/// The object without what is new with each.
fn lasting(object: &Value) -> Map<String, Value> {
    let mut fields = object.as_object().unwrap().clone();
    for name in ["id", "createdAt", "updatedAt", "email", "customerId", "subscriptionId", "secret"] {
        fields.remove(name);
    }
    fields
}

/// Makes another object of what is read at the path, with these properties changed: it is like the first.
async fn again(caller: &Caller, (collection, path): (&str, &str), changed: Value) -> Result<()> {
    let first = read(caller, path).await?;
    let mut body = first.clone();
    body.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
    let second = made(caller, collection, &body).await?;
    let first = lasting(&first);
    for (name, value) in lasting(&second) {
        assert_eq!(Some(&value), first.get(&name), "{collection}: {name}");
    }
    Ok(())
}

/// Changes the object at the path to what is read there: it stays as it is, to the time of its last change.
async fn kept(caller: &Caller, path: &str) -> Result<()> {
    let before = read(caller, path).await?;
    let answer = caller.patch(path, &before).await?;
    ensure!(answer.status == 200, "{path}: {answer:?}");
    assert_eq!(answer.json()["data"], before);
    assert_eq!(read(caller, path).await?, before);
    Ok(())
}

async fn what_is_read_can_be_written(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let caller = app.serve().await?;
    let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
    let people = [
        id(&made(&caller, CUSTOMERS, &customer("a@example.com")).await?),
        id(&made(&caller, CUSTOMERS, &customer("b@example.com")).await?),
    ];
    let path = format!("{CUSTOMERS}/{}", people[0]);
    again(&caller, (CUSTOMERS, &path), json!({ "email": "c@example.com" })).await?;
    kept(&caller, &path).await?;

    let subscriptions = "/api/v1/subscriptions";
    // One without a date is shown with that of its order, which is in the past for the next.
    let tomorrow = (app.clock.now() + TimeDelta::days(1)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let new = json!({ "customerId": people[0], "serviceTier": "RESIDENTIAL_500", "startDate": tomorrow });
    let subscription = made(&caller, subscriptions, &new).await?;
    let path = format!("{subscriptions}/{}", id(&subscription));
    again(&caller, (subscriptions, &path), json!({ "customerId": people[1] })).await?;

    let mut installed = vec![];
    for customer in &people {
        let new = json!({ "customerId": customer, "serviceTier": "BUSINESS_1G" });
        installed.push(id(&made(&caller, subscriptions, &new).await?));
    }
    let provisioning = "/api/v1/provisioning";
    let new =
        json!({ "customerId": people[0], "subscriptionId": installed[0], "requestType": "NEW_INSTALL" });
    let path = format!("{provisioning}/{}", id(&made(&caller, provisioning, &new).await?));
    let other = json!({ "customerId": people[1], "subscriptionId": installed[1] });
    again(&caller, (provisioning, &path), other).await?;

    let ticket = json!({ "customerId": people[0], "subject": "s", "description": "d", "category": "OUTAGE" });
    let ticket = id(&made(&caller, "/api/v1/tickets", &ticket).await?);
    let path = format!("/api/v1/tickets/{ticket}");
    again(&caller, ("/api/v1/tickets", &path), json!({})).await?;
    kept(&caller, &path).await?;
    caller.patch(&path, &json!({ "status": "WAITING", "priority": "CRITICAL", "assignee": "a" })).await?;
    kept(&caller, &path).await?;
    for (name, new) in [
        ("comments", json!({ "content": "c" })),
        ("attachments", json!({ "filename": "f", "url": "https://x.example/f", "size": 7 })),
    ] {
        let collection = format!("{path}/{name}");
        let first = made(&caller, &collection, &new).await?;
        let second = made(&caller, &collection, &first).await?;
        assert_eq!(lasting(&first), lasting(&second));
    }

    let hook = json!({ "url": "https://x.example/", "events": ["ticket.created"] });
    let hook = id(&made(&caller, "/api/v1/webhooks", &hook).await?);
    let shown = read(&caller, &format!("/api/v1/webhooks/{hook}")).await?;
    assert!(shown["rate"].is_null() && shown["description"].is_null(), "{shown}");
    made(&caller, "/api/v1/webhooks", &shown).await?;
    assert_eq!(app.events_of("customer.updated").await?.len(), 0, "nothing has changed");
    assert_eq!(app.events_of("ticket.updated").await?.len(), 1);
    app.stop_workers().await
}

async fn what_is_exported_can_be_imported(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    for number in 0..3 {
        made(&caller, CUSTOMERS, &customer(&format!("c{number}@example.com"))).await?;
    }
    let rows = read(&caller, CUSTOMERS).await?;
    let other = caller.with_key(Some(&app.key("other").await?));
    let mut file = String::new();
    for row in rows.as_array().unwrap() {
        writeln!(file, "{row}")?;
    }
    let import = other.post_text("/api/v1/bulk/customers/file", "application/x-ndjson", file).await?;
    let ended = other.import_ended(import.json()["data"]["id"].as_str().unwrap()).await?;
    assert_eq!(
        (&ended["status"], &ended["progress"]["succeeded"]),
        (&json!("COMPLETED"), &json!(3)),
        "{ended}"
    );
    let third = caller.with_key(Some(&app.key("third").await?));
    let import =
        made(&third, "/api/v1/bulk/customers", &json!({ "customers": rows, "options": null })).await?;
    assert_eq!(third.import_ended(import["id"].as_str().unwrap()).await?["status"], "COMPLETED");
    for caller in [&other, &third] {
        let copies = read(caller, CUSTOMERS).await?;
        for (row, copy) in rows.as_array().unwrap().iter().zip(copies.as_array().unwrap()) {
            assert_eq!((lasting(row), &row["email"]), (lasting(copy), &copy["email"]));
        }
    }
    app.drain().await
}

async fn an_update_clears_with_null_or_an_empty_text(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let caller = app.serve().await?;
    let mut new = customer("a@example.com");
    let more = json!({
        "phone": "1", "companyName": "Doe Ltd", "billingAddress": new["serviceAddress"], "metadata": { "a": "b" },
    });
    new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let path = format!("{CUSTOMERS}/{}", made(&caller, CUSTOMERS, &new).await?["id"].as_str().unwrap());
    let empty = json!({ "phone": "", "companyName": "", "billingAddress": null, "metadata": null });
    for clear in
        [empty, json!({ "phone": null, "companyName": null, "billingAddress": null, "metadata": null })]
    {
        caller.patch(&path, &more).await?;
        let cleared = caller.patch(&path, &clear).await?;
        assert_eq!(cleared.status, 200, "{clear}: {cleared:?}");
        for name in ["phone", "companyName", "billingAddress", "metadata"] {
            assert_eq!(cleared.json()["data"][name], Value::Null, "{clear}: {name}");
        }
    }
    let change = &app.events_of("customer.updated").await?.pop().unwrap().changes.unwrap()["phone"];
    assert_eq!(change["after"], Value::Null);
    // What a customer has to have is not cleared, and the caller is told.
    for bad in [json!({ "firstName": null }), json!({ "serviceAddress": null }), json!({ "type": null })] {
        assert_eq!(caller.patch(&path, &bad).await?.status, 400, "{bad}");
    }
    app.stop_workers().await
}

async fn an_empty_text_is_not_given(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let caller = app.serve().await?;
    let mut new = customer("a@example.com");
    (new["phone"], new["companyName"], new["serviceAddress"]["street2"]) = ("".into(), "".into(), "".into());
    (new["type"], new["serviceAddress"]["country"]) = (Value::Null, Value::Null);
    let made = made(&caller, CUSTOMERS, &new).await?;
    assert_eq!((&made["phone"], &made["companyName"]), (&Value::Null, &Value::Null));
    assert_eq!((made["serviceAddress"].get("street2"), &made["type"]), (None, &json!("INDIVIDUAL")));
    assert_eq!(made["serviceAddress"]["country"], "US");
    app.stop_workers().await
}
