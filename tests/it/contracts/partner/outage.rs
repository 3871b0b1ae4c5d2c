//! The database is unavailable: 503 with `Retry-After`, and nothing half done.

use super::customer;
use crate::app::TestApp;
use anyhow::Result;
use harness::{Postgres, until};
use platform::config::{Sources, load};
use reqwest::StatusCode;
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_are_told_to_come_back() -> Result<()> {
    let postgres = Postgres::start()?;
    let environment = vec![
        ("DATABASE_URL".to_owned(), postgres.create_database()?),
        ("SWITCHYARD_DATABASE_ACQUIRE_TIMEOUT".to_owned(), "1s".to_owned()),
    ];
    let settings = load(Sources { environment, ..Sources::default() })?.settings;
    let mut app = TestApp::with(settings).await?;
    let caller = app.serve().await?;
    assert_eq!(caller.post("/api/v1/customers", &customer("a@example.com")).await?.status, 201);
    postgres.kill()?;
    let bulk = json!({ "customers": [customer("b@example.com")] });
    for answer in [
        caller.get("/api/v1/customers").await?,
        caller.post("/api/v1/customers", &customer("b@example.com")).await?,
        caller.post("/api/v1/bulk/customers", &bulk).await?,
    ] {
        answer.refused(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE");
        assert!(!answer.header("retry-after").is_empty());
    }
    let health = caller.get("/api/v1/health").await?;
    assert_eq!((health.status, &health.json()["data"]["status"]), (503, &json!("unhealthy")));
    postgres.start_again()?;
    until("it is back", Duration::from_secs(30), async || {
        Ok((caller.get("/api/v1/health").await?.status == 200).then_some(()))
    })
    .await?;
    assert_eq!(caller.get("/api/v1/customers").await?.json()["pagination"]["total"], 1);
    assert_eq!(app.count("jobs").await?, 0);
    app.stop_workers().await
}
