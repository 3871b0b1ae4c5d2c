//! Comments on tickets.

use super::{NOBODYS, changed, listed, made, new_ticket, text};
use crate::app::{Caller, Pairing, TestApp, both};
use anyhow::Result;
use kernel::auth::keys::NewKey;
use reqwest::StatusCode;
use serde_json::{Value, json};

both!(
    comments_are_listed_oldest_first,
    internal_notes_are_for_those_who_may_see_them,
    comments_are_of_the_organizations_tickets,
    bad_comments_are_refused,
);

/// What has been said, as a list at a path shows it.
async fn said(caller: &Caller, path: &str) -> Result<Vec<String>> {
    Ok(listed(caller, path).await?.iter().map(|comment| text(&comment["content"])).collect())
}

async fn comments_are_listed_oldest_first(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let ticket = new_ticket(&caller).await?;
    let path = format!("{ticket}/comments");
    let none = caller.get(&path).await?.json();
    let one_page = |total: u64| {
        let (limit, pages) = (total.max(1), u64::from(total > 0));
        json!({ "page": 1, "limit": limit, "total": total, "totalPages": pages, "hasNext": false, "hasPrev": false })
    };
    assert_eq!((&none["data"], &none["pagination"]), (&json!([]), &one_page(0)));
    let before = caller.get(&ticket).await?.json();
    let answer = caller.post(&path, &json!({ "content": "We look into it. 🎈" })).await?;
    assert_eq!(answer.status, 201, "{answer:?}");
    let first = answer.json()["data"].take();
    assert!(first["id"].as_str().unwrap().starts_with("comment_"), "{first}");
    assert!(ticket.ends_with(first["ticketId"].as_str().unwrap()), "{first}");
    assert_eq!((&first["isInternal"], &first["attachments"]), (&json!(false), &json!([])));
    let author = &first["author"];
    assert!(author["id"].as_str().unwrap().starts_with("key_"), "{author}");
    assert_eq!((&author["name"], &author["type"]), (&json!("test"), &json!("AGENT")));
    // What has ended can still be talked about.
    changed(&caller, &ticket, json!({ "status": "CLOSED" })).await?;
    made(&caller, &path, &json!({ "content": "Thank you." })).await?;
    let all = caller.get(&path).await?.json();
    assert_eq!((&all["data"][0], &all["pagination"]), (&first, &one_page(2)));
    assert_eq!(said(&caller, &path).await?, ["We look into it. 🎈", "Thank you."]);
    assert_eq!(caller.get(&ticket).await?.json()["data"]["createdAt"], before["data"]["createdAt"]);
    assert_eq!(app.events_of("ticket_comment.created").await?.len(), 2);
    app.drain().await
}

async fn internal_notes_are_for_those_who_may_see_them(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let path = format!("{}/comments", new_ticket(&caller).await?);
    made(&caller, &path, &json!({ "content": "public" })).await?;
    let note = made(&caller, &path, &json!({ "content": "note", "isInternal": true })).await?;
    assert_eq!(note["isInternal"], true);
    for public in ["", "?includeInternal=false", "?includeInternal=null"] {
        assert_eq!(said(&caller, &format!("{path}{public}")).await?, ["public"], "{public}");
    }
    let with_notes = format!("{path}?includeInternal=true");
    assert_eq!(said(&caller, &with_notes).await?, ["public", "note"]);
    let scoped = async |scopes: &[&str]| -> Result<Caller> {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let key = app.key_with(NewKey { scopes, ..NewKey::plain("acme", "partner", "scoped") }).await?;
        Ok(caller.with_key(Some(&key.secret)))
    };
    let reader = scoped(&["tickets:read", "tickets:write"]).await?;
    assert_eq!(said(&reader, &path).await?, ["public"]);
    let refusal = reader.get(&with_notes).await?;
    assert_eq!(refusal.refused(StatusCode::FORBIDDEN, "FORBIDDEN"), Value::Null);
    assert!(refusal.text.contains("tickets:internal"), "{refusal:?}");
    let helper = scoped(&["tickets:read", "tickets:internal"]).await?;
    assert_eq!(said(&helper, &with_notes).await?, ["public", "note"]);
    app.drain().await
}

async fn comments_are_of_the_organizations_tickets(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let other = caller.with_key(Some(&app.key("other").await?));
    let theirs = new_ticket(&other).await?;
    let nobodys = NOBODYS.map(|(ticket, _)| format!("/api/v1/tickets/{ticket}"));
    for ticket in nobodys.iter().chain([&theirs]) {
        for below in ["comments", "attachments"] {
            let path = format!("{ticket}/{below}");
            caller.get(&path).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        }
        let body = json!({ "content": "Hello?" });
        caller.post(&format!("{ticket}/comments"), &body).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    assert_eq!(app.count("ticket_comments").await?, 0);
    app.drain().await
}

async fn bad_comments_are_refused(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let path = format!("{}/comments", new_ticket(&caller).await?);
    for (bad, field) in [
        (json!({}), "content"),
        (json!({ "content": "" }), "content"),
        (json!({ "content": "a\u{0}b" }), "content"),
        (json!({ "content": "x", "isInternal": "yes" }), "isInternal"),
    ] {
        let details = caller.post(&path, &bad).await?.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert_eq!(details["errors"][0]["field"], field, "{bad}: {details}");
    }
    let answer = caller.get(&format!("{path}?includeInternal=perhaps")).await?;
    let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    assert_eq!(details["errors"][0]["field"], "includeInternal", "{details}");
    assert_eq!(app.count("ticket_comments").await?, 0);
    app.drain().await
}
