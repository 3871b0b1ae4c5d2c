//! Updates of tickets.

use super::{changed, new_ticket};
use crate::app::{Pairing, TestApp, both};
use anyhow::Result;
use futures::future::try_join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

both!(
    what_is_left_out_stays,
    both_words_are_taken_for_both,
    what_is_resolved_may_come_up_again,
    what_is_closed_stays_so,
    bad_changes_are_refused,
    changes_at_once_lose_nothing,
);

async fn what_is_left_out_stays(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let path = new_ticket(&caller).await?;
    let before = caller.get(&path).await?.json()["data"].take();
    let first =
        changed(&caller, &path, json!({ "assignee": "agent_007", "tags": ["line", "line", ""] })).await?;
    assert_eq!((&first["assignedTo"], &first["tags"]), (&json!("agent_007"), &json!(["line", "line", ""])));
    assert_eq!((&first["status"], &first["priority"]), (&before["status"], &before["priority"]));
    assert!(first["updatedAt"].as_str() >= before["updatedAt"].as_str());
    let second = changed(&caller, &path, json!({ "priority": "HIGH" })).await?;
    assert_eq!((&second["assignedTo"], &second["tags"]), (&first["assignedTo"], &first["tags"]));
    let third = changed(&caller, &path, json!({ "assignee": "", "tags": [] })).await?;
    assert_eq!((&third["assignedTo"], &third["tags"]), (&Value::Null, &json!([])));
    assert_eq!(third["priority"], "HIGH");
    assert_eq!(caller.get(&path).await?.json()["data"], third);
    let told = app.events_of("ticket.updated").await?;
    assert_eq!(told.len(), 3);
    let assigned = &told[0].changes.as_ref().unwrap()["assigned_to"];
    assert_eq!(*assigned, json!({ "before": null, "after": "agent_007" }));
    app.drain().await
}

async fn both_words_are_taken_for_both(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let path = new_ticket(&caller).await?;
    for (status, priority) in [("WAITING", "CRITICAL"), ("WAITING_CUSTOMER", "URGENT")] {
        let change = json!({ "status": status, "priority": priority });
        let after = changed(&caller, &path, change).await?;
        assert_eq!((&after["status"], &after["priority"]), (&json!("WAITING_CUSTOMER"), &json!("URGENT")));
        let before = changed(&caller, &path, json!({ "status": "OPEN", "priority": "LOW" })).await?;
        assert_eq!((&before["status"], &before["priority"]), (&json!("OPEN"), &json!("LOW")));
    }
    // Neither is called wrong beside something that is.
    let bad = json!({ "status": "WAITING_CUSTOMER", "priority": "URGENT", "assignee": 7 });
    let details = caller.patch(&path, &bad).await?.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    assert_eq!(details["errors"].as_array().unwrap().len(), 1, "{details}");
    app.drain().await
}

async fn what_is_resolved_may_come_up_again(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let path = new_ticket(&caller).await?;
    let to = async |status: &str| changed(&caller, &path, json!({ "status": status })).await;
    let resolved = to("RESOLVED").await?;
    assert_eq!(resolved["resolvedAt"], resolved["updatedAt"]);
    assert_eq!(to("RESOLVED").await?["resolvedAt"], resolved["resolvedAt"], "it was resolved before");
    assert_eq!(app.events_of("ticket.resolved").await?.len(), 1);
    assert_eq!(to("IN_PROGRESS").await?["resolvedAt"], Value::Null);
    let again = to("RESOLVED").await?;
    assert_eq!(to("CLOSED").await?["resolvedAt"], again["resolvedAt"]);
    assert_eq!(app.events_of("ticket.resolved").await?.len(), 2);
    assert_eq!(app.events_of("ticket.updated").await?.len(), 4, "what is so already is no change");
    app.drain().await
}

async fn what_is_closed_stays_so(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let path = new_ticket(&caller).await?;
    let closed = changed(&caller, &path, json!({ "status": "CLOSED" })).await?;
    assert_eq!(closed["resolvedAt"], Value::Null, "it was closed unresolved");
    for status in ["OPEN", "IN_PROGRESS", "WAITING", "RESOLVED"] {
        let answer = caller.patch(&path, &json!({ "status": status, "tags": ["late"] })).await?;
        assert_eq!(answer.refused(StatusCode::CONFLICT, "CONFLICT")["field"], "status");
        assert!(answer.text.contains("closed"), "{answer:?}");
    }
    assert_eq!(caller.get(&path).await?.json()["data"], closed);
    let after = changed(&caller, &path, json!({ "status": "CLOSED", "tags": ["duplicate"] })).await?;
    assert_eq!(after["tags"], json!(["duplicate"]));
    app.drain().await
}

async fn bad_changes_are_refused(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let path = new_ticket(&caller).await?;
    for (bad, field) in [
        (json!({ "status": "DONE" }), "status"),
        (json!({ "status": null }), "status"),
        (json!({ "priority": "waiting" }), "priority"),
        (json!({ "assignee": "x".repeat(101) }), "assignee"),
        (json!({ "priority": null }), "priority"),
        (json!({ "tags": vec!["x"; 11] }), "tags"),
        (json!({ "tags": ["x".repeat(51)] }), "tags.0"),
        (json!({ "tags": "x" }), "tags"),
        (json!([]), ""),
    ] {
        let answer = caller.patch(&path, &bad).await?;
        let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert_eq!(details["errors"][0]["field"], field, "{bad}: {details}");
    }
    // The bounds themselves are within, in characters and not in bytes.
    let good = json!({ "assignee": "ü".repeat(100), "tags": vec!["ü".repeat(50); 10] });
    changed(&caller, &path, good).await?;
    assert_eq!(app.events_of("ticket.updated").await?.len(), 1);
    app.drain().await
}

async fn changes_at_once_lose_nothing(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let path = new_ticket(&caller).await?;
    let changes = [
        json!({ "status": "RESOLVED" }),
        json!({ "priority": "HIGH" }),
        json!({ "assignee": "agent_007" }),
        json!({ "tags": ["line"] }),
    ];
    try_join_all(changes.map(|change| changed(&caller, &path, change))).await?;
    let after = caller.get(&path).await?.json()["data"].take();
    let expected = json!(["RESOLVED", "HIGH", "agent_007", ["line"]]);
    assert_eq!(json!([after["status"], after["priority"], after["assignedTo"], after["tags"]]), expected);
    assert_eq!(app.events_of("ticket.resolved").await?.len(), 1);
    app.drain().await
}
