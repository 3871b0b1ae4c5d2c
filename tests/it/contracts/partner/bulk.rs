//! `/api/v1/bulk/customers` and `/api/v1/bulk/jobs/{id}`.

use super::customer;
use crate::app::{Caller, Pairing, TestApp, both};
use anyhow::Result;
use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

both!(
    a_hundred_customers_are_imported,
    bad_rows_are_all_named_and_nothing_is_enqueued,
    addresses_that_are_taken_are_row_errors,
    stop_on_error_keeps_the_rows_before,
    a_dry_run_creates_nothing,
    a_poll_can_wait_for_the_end,
    a_job_is_gone_after_its_day,
    a_waiting_import_is_cancelled,
    progress_is_streamed,
);

const BULK: &str = "/api/v1/bulk/customers";

fn customers(emails: impl IntoIterator<Item = String>) -> Value {
    json!({ "customers": emails.into_iter().map(|email| customer(&email)).collect::<Vec<_>>() })
}

fn numbered(count: usize) -> Value {
    customers((0..count).map(|number| format!("c{number}@example.com")))
}

/// Sends the request, and returns the import's id.
async fn accepted(caller: &Caller, body: &Value) -> Result<String> {
    let answer = caller.post(BULK, body).await?;
    assert_eq!(answer.status, 202, "{answer:?}");
    let data = &answer.json()["data"];
    assert_eq!((&data["type"], &data["completedAt"]), (&json!("CUSTOMER_CREATE"), &Value::Null));
    assert!(!answer.header("retry-after").is_empty());
    let id = data["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("bulk_job_"), "{id}");
    assert!(answer.header("location").ends_with(&format!("/api/v1/bulk/jobs/{id}")));
    Ok(id)
}

fn progress(job: &Value) -> [i64; 4] {
    ["total", "processed", "succeeded", "failed"].map(|field| job["progress"][field].as_i64().unwrap())
}

async fn a_hundred_customers_are_imported(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let id = accepted(&caller, &numbered(100)).await?;
    let job = caller.import_ended(&id).await?;
    assert_eq!((&job["status"], progress(&job)), (&json!("COMPLETED"), [100, 100, 100, 0]));
    assert_eq!((app.customers().await?, app.customer_events().await?), (100, 100));
    let done = caller.get(&format!("/api/v1/bulk/jobs/{id}")).await?;
    assert_eq!(done.header("retry-after"), "", "only while unfinished");
    app.drain().await
}

async fn bad_rows_are_all_named_and_nothing_is_enqueued(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let mut body = numbered(5);
    body["customers"][1]["email"] = json!("nobody");
    body["customers"][3]["serviceAddress"]["zip"] = json!("x");
    body["customers"][3].as_object_mut().unwrap().remove("lastName");
    let details = caller.post(BULK, &body).await?.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    let mut errors: Vec<_> = details["errors"].as_array().unwrap().iter().collect();
    errors.sort_by_key(|error| error["field"].to_string());
    let places: Vec<_> = errors.iter().map(|error| (&error["row"], &error["field"])).collect();
    assert_eq!(
        places,
        [
            (&json!(1), &json!("email")),
            (&json!(3), &json!("lastName")),
            (&json!(3), &json!("serviceAddress.zip")),
        ]
    );
    for (bad, field) in [
        (numbered(0), "customers"),
        (numbered(101), "customers"),
        (json!({}), "customers"),
        (json!({ "customers": "all" }), "customers"),
        (json!({ "customers": [7] }), "customers"),
        (
            json!({ "customers": [customer("a@example.com")], "options": { "dryRun": "yes" } }),
            "options.dryRun",
        ),
    ] {
        let details = caller.post(BULK, &bad).await?.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        let text = details["errors"].to_string();
        assert!(text.contains(field) || text.contains("\"row\":0"), "{field}: {details}");
    }
    let cut = caller.post_text(BULK, "application/json", r#"{"customers":["#).await?;
    cut.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    assert_eq!((app.open_jobs().await?, app.customers().await?), (0, 0));
    app.drain().await
}

async fn addresses_that_are_taken_are_row_errors(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    caller.post("/api/v1/customers", &customer("b@example.com")).await?;
    let emails = ["a@example.com", "B@example.com", "c@example.com", "A@EXAMPLE.com"];
    let id = accepted(&caller, &customers(emails.map(String::from))).await?;
    let job = caller.import_ended(&id).await?;
    assert_eq!((&job["status"], progress(&job)), (&json!("PARTIAL"), [4, 4, 2, 2]));
    let rows: Vec<_> = job["errors"].as_array().unwrap().iter().map(|error| &error["index"]).collect();
    assert_eq!(rows, [&json!(1), &json!(3)]);
    assert!(job["errors"][0]["message"].as_str().unwrap().contains("already exists"));
    let again = accepted(&caller, &customers(emails.map(String::from))).await?;
    let again = caller.import_ended(&again).await?;
    assert_eq!((&again["status"], progress(&again)), (&json!("FAILED"), [4, 4, 0, 4]));
    let csv = caller.get(&format!("/api/v1/bulk/jobs/{id}/errors")).await?;
    assert!(csv.header("content-type").starts_with("text/csv"));
    let lines: Vec<_> = csv.text.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[0], "line,index,field,message");
    assert!(lines[1].starts_with(",1,email,"), "{lines:?}");
    app.drain().await
}

async fn stop_on_error_keeps_the_rows_before(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    caller.post("/api/v1/customers", &customer("c40@example.com")).await?;
    let mut body = numbered(100);
    body["options"] = json!({ "stopOnError": true });
    let id = accepted(&caller, &body).await?;
    let job = caller.import_ended(&id).await?;
    assert_eq!((&job["status"], progress(&job)), (&json!("PARTIAL"), [100, 41, 40, 1]));
    assert_eq!(app.customers().await?, 41);
    app.drain().await
}

async fn a_dry_run_creates_nothing(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    caller.post("/api/v1/customers", &customer("c3@example.com")).await?;
    let mut body = numbered(10);
    body["options"] = json!({ "dryRun": true });
    let id = accepted(&caller, &body).await?;
    let job = caller.import_ended(&id).await?;
    assert_eq!((&job["status"], progress(&job)), (&json!("PARTIAL"), [10, 10, 9, 1]));
    assert_eq!((app.customers().await?, app.customer_events().await?), (1, 1));
    app.drain().await
}

async fn a_poll_can_wait_for_the_end(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let caller = app.serve().await?;
    let id = accepted(&caller, &numbered(3)).await?;
    let poll = |wait: &'static str| {
        let caller = caller.clone();
        let path = format!("/api/v1/bulk/jobs/{id}");
        async move { caller.send(caller.request(Method::GET, &path).header("prefer", wait)).await }
    };
    let begin = Instant::now();
    let early = poll("wait=1").await?;
    assert!(begin.elapsed() >= Duration::from_secs(1), "nothing happens without a worker");
    assert_eq!(
        (early.json()["data"]["status"].clone(), early.header("preference-applied")),
        (json!("PENDING"), "wait=1")
    );
    assert!(!early.header("retry-after").is_empty());
    // More waiting polls than there are database connections: none of them holds one.
    let polls: Vec<_> = (0..30).map(|_| tokio::spawn(poll("respond-async, wait=20"))).collect();
    app.work();
    for poll in polls {
        let answer = poll.await??;
        assert_eq!(answer.json()["data"]["status"], "COMPLETED", "{answer:?}");
    }
    assert!(begin.elapsed() < Duration::from_secs(19), "answered at the end, not at the end of the wait");
    app.drain().await
}

async fn a_job_is_gone_after_its_day(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let id = accepted(&caller, &numbered(1)).await?;
    let job = caller.import_ended(&id).await?;
    let time = |field: &str| chrono::DateTime::parse_from_rfc3339(job[field].as_str().unwrap()).unwrap();
    assert_eq!((time("expiresAt") - time("createdAt")).num_minutes(), 24 * 60);
    app.clock.advance(TimeDelta::hours(24));
    let path = format!("/api/v1/bulk/jobs/{id}");
    for path in [path.clone(), format!("{path}/errors"), format!("{path}/events")] {
        caller.get(&path).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    app.drain().await
}

async fn a_waiting_import_is_cancelled(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let caller = app.serve().await?;
    let id = accepted(&caller, &numbered(3)).await?;
    let path = format!("/api/v1/bulk/jobs/{id}");
    let cancelled = caller.delete(&path).await?;
    assert_eq!((cancelled.status, &cancelled.json()["data"]["status"]), (200, &json!("FAILED")));
    caller.delete(&path).await?.refused(StatusCode::CONFLICT, "CONFLICT");
    app.work();
    assert_eq!(caller.import_ended(&id).await?["status"], "FAILED");
    assert_eq!(app.customers().await?, 0);
    app.drain().await
}

async fn progress_is_streamed(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let id = accepted(&caller, &numbered(100)).await?;
    let stream = caller.get(&format!("/api/v1/bulk/jobs/{id}/events")).await?;
    assert!(stream.header("content-type").starts_with("text/event-stream"), "{stream:?}");
    let events: Vec<_> = stream.text.split("\n\n").filter(|event| event.contains("data:")).collect();
    let last = events.last().unwrap();
    assert!(last.contains("event: done"), "{last}");
    let data = last.lines().find_map(|line| line.strip_prefix("data:")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(data)?["status"], "COMPLETED");
    app.drain().await
}
