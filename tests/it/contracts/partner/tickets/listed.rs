//! Lists of tickets.

use super::{NOBODYS, changed, listed, made, new_customer, text, ticket};
use crate::app::{Caller, Pairing, TestApp, both};
use anyhow::Result;
use reqwest::StatusCode;
use serde_json::json;

both!(
    lists_are_paged_oldest_first,
    filters_are_taken_together,
    a_filter_by_nobody_finds_nothing,
    what_is_no_filter_is_named,
);

/// The subjects of the tickets that a query finds.
async fn found(caller: &Caller, query: &str) -> Result<Vec<String>> {
    let tickets = listed(caller, &format!("/api/v1/tickets?{query}")).await?;
    Ok(tickets.iter().map(|ticket| text(&ticket["subject"])).collect())
}

/// Tickets of these subjects, in this order; where they are.
async fn open(caller: &Caller, customer: &str, subjects: &[&str]) -> Result<Vec<String>> {
    let mut paths = vec![];
    for subject in subjects {
        let mut new = ticket(customer);
        new["subject"] = json!(subject);
        let made = made(caller, "/api/v1/tickets", &new).await?;
        paths.push(format!("/api/v1/tickets/{}", text(&made["id"])));
    }
    Ok(paths)
}

async fn lists_are_paged_oldest_first(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let customer = new_customer(&caller, "john@example.com").await?;
    open(&caller, &customer, &["a", "b", "c", "d", "e"]).await?;
    assert_eq!(found(&caller, "page=1&limit=2").await?, ["a", "b"]);
    assert_eq!(found(&caller, "page=3&limit=2").await?, ["e"]);
    assert_eq!(found(&caller, "page=1000000000000&limit=100").await?, [""; 0]);
    let second = caller.get("/api/v1/tickets?page=2&limit=2").await?.json();
    let expected =
        json!({ "page": 2, "limit": 2, "total": 5, "totalPages": 3, "hasNext": true, "hasPrev": true });
    assert_eq!(second["pagination"], expected);
    let usual = caller.get("/api/v1/tickets").await?.json();
    assert_eq!((&usual["pagination"]["limit"], &usual["pagination"]["page"]), (&json!(20), &json!(1)));
    app.drain().await
}

async fn filters_are_taken_together(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let one = new_customer(&caller, "one@example.com").await?;
    let two = new_customer(&caller, "two@example.com").await?;
    let ones = open(&caller, &one, &["a", "b", "c"]).await?;
    open(&caller, &two, &["d"]).await?;
    changed(&caller, &ones[0], json!({ "status": "WAITING" })).await?;
    changed(&caller, &ones[1], json!({ "status": "WAITING", "priority": "CRITICAL" })).await?;
    for (query, expected) in [
        (String::new(), "abcd"),
        ("status=WAITING_CUSTOMER".into(), "ab"),
        ("status=OPEN".into(), "cd"),
        ("status=CLOSED".into(), ""),
        ("priority=URGENT".into(), "b"),
        ("priority=MEDIUM&status=WAITING_CUSTOMER".into(), "a"),
        (format!("customerId={one}"), "abc"),
        (format!("customerId={one}&status=OPEN&priority=MEDIUM"), "c"),
        (format!("customerId={two}&priority=URGENT"), ""),
        (format!("customerId={one}&limit=1&page=2"), "b"),
    ] {
        assert_eq!(found(&caller, &query).await?.concat(), expected, "{query}");
    }
    let page = caller.get(&format!("/api/v1/tickets?customerId={one}&limit=2")).await?.json();
    assert_eq!((&page["pagination"]["total"], &page["pagination"]["totalPages"]), (&json!(3), &json!(2)));
    app.drain().await
}

async fn a_filter_by_nobody_finds_nothing(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let mine = new_customer(&caller, "john@example.com").await?;
    open(&caller, &mine, &["a"]).await?;
    let other = caller.with_key(Some(&app.key("other").await?));
    let theirs = new_customer(&other, "john@example.com").await?;
    open(&other, &theirs, &["b"]).await?;
    let nobodys = NOBODYS.map(|(_, customer)| customer);
    for customer in nobodys.into_iter().chain([&*theirs, "%00"]) {
        let answer = caller.get(&format!("/api/v1/tickets?customerId={customer}")).await?;
        let body = answer.json();
        assert_eq!(
            (answer.status, &body["data"], &body["pagination"]["total"]),
            (200, &json!([]), &json!(0))
        );
    }
    let unfiltered = caller.get("/api/v1/tickets?customerId=").await?.json();
    assert_eq!(unfiltered["pagination"]["total"], 1, "an empty value is no filter");
    app.drain().await
}

async fn what_is_no_filter_is_named(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    for bad in
        ["page=0", "limit=0", "limit=101", "limit=x", "status=WAITING", "status=open", "priority=CRITICAL"]
    {
        let answer = caller.get(&format!("/api/v1/tickets?{bad}")).await?;
        let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert_eq!(details["errors"][0]["field"], *bad.split('=').next().unwrap(), "{bad}: {details}");
    }
    app.drain().await
}
