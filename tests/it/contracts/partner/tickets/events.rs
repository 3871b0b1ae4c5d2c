//! Events of tickets.

use super::{changed, made, new_customer, ticket};
use crate::app::{Pairing, Receiver, TestApp, both};
use anyhow::Result;
use serde_json::json;

both!(webhooks_are_told_in_the_contracts_words);

async fn webhooks_are_told_in_the_contracts_words(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let events = ["ticket.created", "ticket.updated", "ticket.resolved"];
    caller.hook(&receiver, json!({ "events": events, "ordered": true })).await?;
    let mut new = ticket(&new_customer(&caller, "john@example.com").await?);
    new["metadata"] = json!({ "their_key": "WAITING" });
    let opened = made(&caller, "/api/v1/tickets", &new).await?;
    let path = format!("/api/v1/tickets/{}", opened["id"].as_str().unwrap());
    let waiting =
        json!({ "status": "WAITING", "priority": "CRITICAL", "assignee": "agent_007", "tags": ["a"] });
    let waiting = changed(&caller, &path, waiting).await?;
    let resolved = changed(&caller, &path, json!({ "status": "RESOLVED" })).await?;
    let sent = receiver.arrived(4).await?;
    let told: Vec<_> =
        sent.iter().map(|sent| (sent.header("x-swell-event"), sent.json()["data"].take())).collect();
    let expected = [
        ("ticket.created", opened),
        ("ticket.updated", waiting),
        ("ticket.updated", resolved.clone()),
        ("ticket.resolved", resolved),
    ];
    assert_eq!(told, expected);
    app.drain().await
}
