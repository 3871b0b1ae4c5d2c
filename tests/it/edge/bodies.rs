//! The cost of a body: memory of the process, and length of the response.

use super::{Api, CUSTOMERS, customer};
use crate::app::{Answer, Pairing, TestApp, both};
use anyhow::Result;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::fmt::Write;

both!(free_objects_have_a_size, texts_have_a_size, a_body_in_which_nothing_is_required_may_be_left_out);

const BULK: &str = "/api/v1/bulk/customers";
const FILE: &str = "/api/v1/bulk/customers/file";
const EVENTS: &str = "/api/v1/events";

/// The faults of a refused body.
fn faults(answer: &Answer) -> Vec<Value> {
    assert!(answer.text.len() <= 64 << 10, "an answer of {} bytes", answer.text.len());
    let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    details["errors"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_refused_body_costs_what_it_is() -> Result<()> {
    let api = Api::start(Pairing::Embedded, 1, &[]).await?;
    let caller = api.callers()?.remove(0);
    for path in [EVENTS, BULK, CUSTOMERS, "/api/v1/webhooks"] {
        caller.post(path, &json!({})).await?;
    }
    let before = api.peak(0)?;
    let nul =
        format!("{{\"payload\":{{\"{}\":[{}]}}}}", "k".repeat(10_000), vec!["\"\\u0000\""; 20_000].join(","));
    let found = faults(&caller.post_text(EVENTS, "application/json", nul).await?);
    assert!((1..=100).contains(&found.len()), "{} faults", found.len());
    let rows = format!("{{\"customers\":[{}]}}", vec!["{}"; 340_000].join(","));
    let found = faults(&caller.post_text(BULK, "application/json", rows).await?);
    assert_eq!(found, [json!({ "field": "customers", "message": "must have at most 100 items" })]);
    let list = format!("{{\"url\":\"x\",\"events\":[{}]}}", vec!["0"; 500_000].join(","));
    let found = faults(&caller.post_text("/api/v1/webhooks", "application/json", list).await?);
    assert!((1..=100).contains(&found.len()), "{} faults", found.len());
    let grown = api.peak(0)? - before;
    assert!(grown < 150, "bodies of 1 MiB took {grown} MiB");
    Ok(())
}

#[tokio::test]
async fn an_upload_takes_no_more_memory_than_some_of_its_rows() -> Result<()> {
    // The rows stay where the upload has put them.
    let api = Api::start(
        Pairing::Embedded,
        1,
        &[("SWITCHYARD_WORKER_KINDS", "probe"), ("SWITCHYARD_LIMITS_TEXT", "1MiB")],
    )
    .await?;
    let caller = api.callers()?.remove(0);
    let upload = |rows: usize, size: usize| {
        let mut file = String::with_capacity(rows * (size + 500));
        for row in 0..rows {
            let mut customer = customer(&format!("row{row}@example.com"));
            customer["firstName"] = "x".repeat(size).into();
            writeln!(file, "{customer}").unwrap();
        }
        caller.post_text(FILE, "application/x-ndjson", file)
    };
    assert_eq!(upload(2, 10).await?.status, 202);
    let before = api.peak(0)?;
    assert_eq!(upload(16, 1_000_000).await?.status, 202);
    let grown = api.peak(0)? - before;
    assert!(grown < 100, "16 rows of 1 MB took {grown} MiB");
    Ok(())
}

async fn a_body_in_which_nothing_is_required_may_be_left_out(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let made = caller.post(CUSTOMERS, &customer("a@example.com")).await?.json()["data"].clone();
    let path = format!("{CUSTOMERS}/{}", made["id"].as_str().unwrap());
    let changed = |kind: Option<&str>, body: &'static str| {
        let request = caller.request(Method::PATCH, &path).body(body);
        let request = kind.iter().fold(request, |request, kind| request.header("content-type", *kind));
        caller.send(request)
    };
    for kind in [None, Some("application/json"), Some("text/plain")] {
        let answer = changed(kind, "").await?;
        assert_eq!((answer.status, &answer.json()["data"]["email"]), (200, &made["email"]), "{kind:?}");
    }
    changed(Some("text/plain"), "{}")
        .await?
        .refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE");
    changed(None, "{}").await?.refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE");
    // Something is required here.
    let found = faults(&caller.post_text(CUSTOMERS, "application/json", String::new()).await?);
    assert_eq!(found, [json!({ "field": "", "message": "The body is empty" })]);
    app.drain().await
}

async fn free_objects_have_a_size(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| {
        settings.limits.metadata = 100;
        settings.limits.payload = 200;
    })
    .await?;
    let caller = app.serve().await?;
    app.work();
    let with = |metadata: usize| {
        let mut customer = customer("a@example.com");
        customer["metadata"] = json!({ "a": "x".repeat(metadata) });
        customer
    };
    let expected =
        json!({ "field": "metadata", "message": "must have at most 100 bytes as JSON, and has 108" });
    assert_eq!(faults(&caller.post(CUSTOMERS, &with(100)).await?), std::slice::from_ref(&expected));
    let made = caller.post(CUSTOMERS, &with(92)).await?;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("{CUSTOMERS}/{}", made.json()["data"]["id"].as_str().unwrap());
    let changed = caller.patch(&path, &json!({ "metadata": { "a": "x".repeat(100) } })).await?;
    assert_eq!(faults(&changed), [expected]);
    let event = |size: usize| json!({ "eventType": "thing.happened", "payload": { "a": "x".repeat(size) } });
    assert_eq!(faults(&caller.post(EVENTS, &event(200)).await?)[0]["field"], "payload");
    assert!(caller.post(EVENTS, &event(192)).await?.status < 300);
    let row = caller.post_text(FILE, "application/x-ndjson", with(100).to_string()).await?;
    let job = caller.import_ended(row.json()["data"]["id"].as_str().unwrap()).await?;
    let message = job["errors"][0].to_string();
    assert!(message.contains("metadata must have at most 100 bytes as JSON, and has 108"), "{job}");
    app.drain().await
}

/// In bytes, since memory is what they cost; where a contract allows so many characters, they all fit.
async fn texts_have_a_size(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| settings.limits.text = 100).await?;
    let caller = app.serve().await?;
    app.work();
    let with = |name: &str, address: &str| {
        let mut customer = customer("a@example.com");
        customer["firstName"] = name.into();
        customer["billingAddress"] = customer["serviceAddress"].clone();
        customer["billingAddress"]["street2"] = address.into();
        customer
    };
    let fault = |field: &str, size: usize| json!({ "field": field, "message": format!("must have at most 100 bytes, and has {size}") });
    let refused = caller.post(CUSTOMERS, &with(&"é".repeat(51), &"x".repeat(101))).await?;
    let expected = [fault("billingAddress.street2", 101), fault("firstName", 102)];
    assert_eq!(faults(&refused), expected);
    let made = caller.post(CUSTOMERS, &with(&"é".repeat(50), &"x".repeat(100))).await?;
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json()["data"]["id"].clone();
    let path = format!("{CUSTOMERS}/{}", id.as_str().unwrap());
    assert_eq!(
        faults(&caller.patch(&path, &json!({ "phone": "1".repeat(101) })).await?),
        [fault("phone", 101)]
    );
    let rows = json!({ "customers": [with("a", "b"), with(&"x".repeat(200), "b")] });
    let in_row =
        json!({ "row": 1, "field": "firstName", "message": "must have at most 100 bytes, and has 200" });
    assert_eq!(faults(&caller.post(BULK, &rows).await?), [in_row]);
    let row = caller.post_text(FILE, "application/x-ndjson", with(&"x".repeat(200), "b").to_string()).await?;
    let job = caller.import_ended(row.json()["data"]["id"].as_str().unwrap()).await?;
    assert!(
        job["errors"][0].to_string().contains("firstName must have at most 100 bytes, and has 200"),
        "{job}"
    );
    // The contract has 200 characters for it.
    let ticket =
        json!({ "customerId": id, "subject": "é".repeat(200), "description": "d", "category": "OUTAGE" });
    assert_eq!(caller.post("/api/v1/tickets", &ticket).await?.status, 201);
    app.drain().await
}
