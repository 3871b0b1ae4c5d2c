//! `switchyard explain` of webhook deliveries.

use super::{sandbox::Sandbox, sink::Sink};
use crate::{app::PATIENCE, cli::run, contracts::partner::customer};
use anyhow::{Context, Result, ensure};
use harness::until;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn attempts_are_below_their_event_and_found_by_every_id() -> Result<()> {
    let (sandbox, sink) = (Sandbox::up().await?, Sink::answering(&[500]).await?);
    let (caller, folder) = (&sandbox.caller, sandbox.folder.path());
    let body = json!({ "url": sink.url, "events": ["customer.created"] });
    let made = caller.post("/api/v1/webhooks", &body).await?;
    let webhook = made.json()["data"]["id"].as_str().context(made.text)?.to_owned();
    let request = caller.request(Method::POST, "/api/v1/customers").header("x-request-id", "the-request");
    caller.send(request.json(&customer("a@example.com"))).await?;

    let tree = until("both attempts were made", PATIENCE, async || {
        let (_, tree) = run(folder, &["explain", "the-request"]).await?;
        Ok(tree.contains("attempt 2, success").then_some(tree))
    })
    .await?;
    let lines: Vec<_> = tree.lines().map(str::trim_start).collect();
    let place =
        lines.iter().position(|line| line.starts_with("customer.created  cust_")).context(tree.clone())?;
    assert_eq!(lines[place + 1], format!("to {webhook}  {}", sink.url), "{tree}");
    let first = lines[place + 2];
    ensure!(
        first.contains("attempt 1, retrying, sent ") && first.contains(", answered 500 after "),
        "{tree}"
    );
    ensure!(
        lines[place + 3].contains("attempt 2, success, sent ") && lines[place + 3].contains("answered 204"),
        "{tree}"
    );

    let delivery = first.split_whitespace().next().context("no id")?;
    let log = caller.get(&format!("/api/v1/webhooks/{webhook}/deliveries")).await?.json();
    let event = log["data"][0]["eventId"].as_str().context("no event")?;
    for id in [delivery, event] {
        let (code, shown) = run(folder, &["explain", id]).await?;
        ensure!(code == 0 && shown.starts_with(&format!("event {event}\n")), "{id}: {shown}");
        ensure!(shown.contains(first) && shown.ends_with(&tree), "{id}: {shown}");
    }
    let (code, shown) = run(folder, &["explain", &webhook]).await?;
    ensure!(code == 0 && shown.starts_with(&format!("webhook {webhook}\n  {}  active", sink.url)), "{shown}");
    for part in [&format!("{event}  #1  {first}"), "webhook.created"] {
        ensure!(shown.contains(part), "{part} is not in: {shown}");
    }
    let (code, said) = run(folder, &["explain", "whd_01JABCDEFGHJKMNPQRSTVWXYZ0"]).await?;
    ensure!(code == 1 && said.contains("nothing found for whd_"), "{code}: {said}");
    Ok(())
}
