//! Requests that end early, and requests during a shutdown.

use super::Raw;
use crate::app::{PATIENCE, Pairing, TestApp, both};
use anyhow::Result;
use harness::until;
use platform::db::Transaction;
use reqwest::{Method, StatusCode};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpStream;

both!(
    an_answer_that_takes_too_long_is_given_up,
    who_asks_to_wait_may_wait,
    requests_in_flight_are_finished,
    what_does_not_end_is_cut,
);

const CUSTOMERS: &str = "/api/v1/customers";

pub fn customer() -> serde_json::Value {
    json!({
        "email": "slow@example.com",
        "firstName": "John",
        "lastName": "Doe",
        "serviceAddress": { "street1": "1 Main", "city": "Escondido", "state": "CA", "zip": "92025" },
    })
}

/// Keeps everybody else from writing customers while it lives.
async fn hold(app: &TestApp) -> Result<Transaction> {
    let held = app.kernel.db.begin().await?;
    if held.get_database_backend() == DbBackend::Postgres {
        held.execute_unprepared("lock table customers in exclusive mode").await?;
    }
    Ok(held)
}

async fn an_answer_that_takes_too_long_is_given_up(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| {
        settings.http.request_timeout = Duration::from_millis(500);
        settings.database.acquire_timeout = PATIENCE;
    })
    .await?;
    let caller = app.serve().await?;
    assert_eq!(caller.get(CUSTOMERS).await?.status, 200);
    let held = hold(&app).await?;
    let answer = caller.post(CUSTOMERS, &customer()).await?;
    answer.refused(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE");
    assert!(!answer.header("retry-after").is_empty());
    held.rollback().await?;
    assert_eq!((app.customers().await?, app.customer_events().await?), (0, 0));
    assert_eq!(caller.post(CUSTOMERS, &customer()).await?.status, 201, "nothing holds it any more");
    app.drain().await
}

async fn who_asks_to_wait_may_wait(pairing: Pairing) -> Result<()> {
    let mut app =
        TestApp::new(pairing, |settings| settings.http.request_timeout = Duration::from_millis(500)).await?;
    let caller = app.serve().await?;
    let begun = caller.post("/api/v1/bulk/customers", &json!({ "customers": [customer()] })).await?;
    let id = begun.json()["data"]["id"].as_str().unwrap_or_default().to_owned();
    let poll = caller.request(Method::GET, &format!("/api/v1/bulk/jobs/{id}")).header("prefer", "wait=1");
    let answer = caller.send(poll).await?;
    assert_eq!((answer.status, &answer.json()["data"]["completedAt"]), (200, &json!(null)), "{answer:?}");
    app.work();
    app.drain().await
}

/// A request that the server has begun to read.
pub async fn in_flight(address: &str, key: &str, body: &str) -> Result<Raw> {
    let mut request = Raw::connect(address).await?;
    let length = body.len();
    request
        .send(&format!(
            "POST /partner{CUSTOMERS} HTTP/1.1\r\nHost: test\r\nX-API-Key: {key}\r\nExpect: 100-continue\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        ))
        .await?;
    request.read_until("100 Continue\r\n\r\n").await?;
    Ok(request)
}

async fn nobody_listens(address: &str) -> Result<()> {
    let closed = async || Ok(TcpStream::connect(address).await.is_err().then_some(()));
    until("the listener is closed", PATIENCE, closed).await
}

async fn requests_in_flight_are_finished(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let (caller, key, body) = (app.serve().await?, app.key("acme").await?, customer().to_string());
    let mut idle = Raw::connect(caller.address()).await?;
    idle.send("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n").await?;
    idle.read_until("alive").await?;
    let mut request = in_flight(caller.address(), &key, &body).await?;
    let kernel = app.kernel.clone();
    let stopping = tokio::spawn(async move { app.stop_workers().await });
    nobody_listens(caller.address()).await?;
    assert_eq!(idle.read_to_end().await?, "", "kept alive for nothing");
    request.send(&body).await?;
    let answer = request.read_to_end().await?;
    assert!(answer.starts_with("HTTP/1.1 201 ") && answer.contains("slow@example.com"), "{answer}");
    stopping.await??;
    kernel.db.ping().await?;
    Ok(())
}

async fn what_does_not_end_is_cut(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| settings.http.drain = Duration::from_millis(300)).await?;
    let (caller, key, body) = (app.serve().await?, app.key("acme").await?, customer().to_string());
    let mut request = in_flight(caller.address(), &key, &body).await?;
    app.stop_workers().await?;
    assert_eq!(request.read_to_end().await?, "");
    assert_eq!(app.customers().await?, 0);
    Ok(())
}
