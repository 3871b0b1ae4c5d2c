//! The steps of the demo and its report.

use super::deliveries::Deliveries;
use crate::{
    client::{self, Client},
    commands::import::{Ended, Job, Watch},
    fake_customers,
    progress_bar::duration,
};
use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};

const CUSTOMERS: usize = 100;

/// Durations of the steps.
struct Times {
    /// Time until the import was accepted.
    answered: Duration,
    /// Time until the import had ended.
    ended: Duration,
    /// Time until the last delivery arrived.
    delivered: Duration,
}

/// Imports the customers, receives the deliveries, and returns the report.
pub(super) async fn script(client: &Client, folder: &Path) -> anyhow::Result<String> {
    let mut deliveries = Deliveries::expect(client, "customer.created").await?;
    let begun = Instant::now();
    let (job, answered) = (request(client).await?, begun.elapsed());
    let ended = job.watch(client, "importing", Watch::QUICK).await?;
    let time = begun.elapsed();
    let pretty = serde_json::to_string_pretty(&ended.answer)?;
    ensure!(ended.job.all_in(), "not all customers were created:\n{pretty}");
    let found = customers_found(client).await?;
    ensure!(found == CUSTOMERS as u64, "found {found} customers instead of {CUSTOMERS}");
    deliveries.all(CUSTOMERS).await?;
    let times = Times { answered, ended: time, delivered: begun.elapsed() };
    Ok(account(client, folder, &ended, &times, &deliveries) + &pretty)
}

/// The import request.
async fn request(client: &Client) -> anyhow::Result<Job> {
    let body = json!({ "customers": fake_customers::customers(CUSTOMERS) });
    let attempt = async || Job::ask(client.request(Method::POST, "/api/v1/bulk/customers").json(&body)).await;
    Ok(client::persist(attempt, client::never_sent).await?.0)
}

async fn customers_found(client: &Client) -> anyhow::Result<u64> {
    let page: Value = client::answer(client.get("/api/v1/customers?limit=1")).await?.json().await?;
    page["pagination"]["total"].as_u64().context("the list of customers has no total")
}

fn account(client: &Client, folder: &Path, ended: &Ended, times: &Times, deliveries: &Deliveries) -> String {
    let (url, folder, id, polls) = (client.url(""), folder.display(), &ended.job.id, ended.polls);
    let [answered, time, delivered] = [times.answered, times.ended, times.delivered].map(duration);
    let (webhook, receiver, first) = (&deliveries.webhook.id, &deliveries.url, deliveries.first());
    format!(
        "Started   API, worker and reconciler in this process, at {url}
          SQLite in {folder} (removed)
Webhook   {webhook} for customer.created, to a receiver in this process, at {receiver}
Request   POST /partner/api/v1/bulk/customers with {CUSTOMERS} customers: 202 after {answered}, {id}
Polls     GET /partner/api/v1/bulk/jobs/{id}, {polls} times
Outcome   all {CUSTOMERS} customers created, {time} after the request
Received  {CUSTOMERS} deliveries arrived, all signatures verified, the last one {delivered} after the request

The first delivery:

{first}

The response to the last poll:

"
    )
}
