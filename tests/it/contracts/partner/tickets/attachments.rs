//! Attachments of tickets.

use super::{listed, made, new_ticket};
use crate::app::{Pairing, TestApp, both};
use anyhow::Result;
use reqwest::StatusCode;
use serde_json::{Value, json};

both!(files_are_made_known_and_listed, bad_files_are_refused, nothing_is_attached_to_a_strangers_ticket);

/// A file with nothing but what is required.
fn file() -> Value {
    json!({ "filename": "log.txt", "url": "https://storage.example/a/log.txt?v=1#end", "size": 1024 })
}

async fn files_are_made_known_and_listed(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let ticket = new_ticket(&caller).await?;
    let path = format!("{ticket}/attachments");
    assert_eq!(listed(&caller, &path).await?, [Value::Null; 0]);
    let answer = caller.post(&path, &file()).await?;
    assert_eq!((answer.status, &answer.json()["message"]), (200, &json!("Attachment added")), "{answer:?}");
    let first = answer.json()["data"].take();
    assert!(first["id"].as_str().unwrap().starts_with("attach_"), "{first}");
    assert!(ticket.ends_with(first["ticketId"].as_str().unwrap()), "{first}");
    for (field, value) in file().as_object().unwrap() {
        assert_eq!(first[field], *value, "{field}");
    }
    assert_eq!(first["mimeType"], "application/octet-stream");
    let by = &first["uploadedBy"];
    assert!(by["id"].as_str().unwrap().starts_with("key_"), "{by}");
    assert_eq!((&by["name"], &by["type"]), (&json!("test"), &json!("AGENT")));
    let largest = json!({
        "filename": "ünï 🎈.png", "url": "http://storage.example/", "size": 9_007_199_254_740_991.0, "mimeType": "image/png",
    });
    let second = made(&caller, &path, &largest).await?;
    assert_eq!(
        (&second["size"], &second["mimeType"]),
        (&json!(9_007_199_254_740_991_i64), &json!("image/png"))
    );
    assert_eq!(listed(&caller, &path).await?, [first, second]);
    assert_eq!(app.events_of("ticket_attachment.created").await?.len(), 2);
    app.drain().await
}

async fn bad_files_are_refused(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let path = format!("{}/attachments", new_ticket(&caller).await?);
    for (field, bad) in [
        ("filename", json!("")),
        ("filename", Value::Null),
        ("size", json!(0)),
        ("size", json!(-1)),
        ("size", json!(1.5)),
        ("size", json!(9_007_199_254_740_992_i64)),
        ("size", json!("7")),
        ("url", json!("log.txt")),
        ("url", json!("javascript:alert(1)")),
        ("url", json!("ftp://storage.example/log.txt")),
        ("url", json!("https://storage.example/my log.txt")),
        ("url", json!("https://")),
        ("url", json!("https://storage.example:999999/")),
        ("mimeType", json!(7)),
    ] {
        let mut body = file();
        body[field] = bad.clone();
        let details = caller.post(&path, &body).await?.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert_eq!(details["errors"][0]["field"], field, "{bad}: {details}");
    }
    assert_eq!(app.count("ticket_attachments").await?, 0);
    app.drain().await
}

async fn nothing_is_attached_to_a_strangers_ticket(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let other = caller.with_key(Some(&app.key("other").await?));
    let theirs = new_ticket(&other).await?;
    let answer = caller.post(&format!("{theirs}/attachments"), &file()).await?;
    answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    assert_eq!(app.count("ticket_attachments").await?, 0);
    app.drain().await
}
