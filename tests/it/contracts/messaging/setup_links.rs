//! `/customers/{id}/setup_links`.

use super::{Client, refused, serving};
use crate::app::{Pairing, TestApp, both};
use anyhow::Result;
use chrono::TimeDelta;
use serde_json::{Value, json};

both!(
    a_link_is_created_changed_and_revoked,
    a_link_expires_when_its_time_is_over,
    redirect_urls_are_checked,
    only_the_newest_links_are_listed,
);

async fn statuses(client: &Client, path: &str, status: &str) -> Result<usize> {
    let body = client.get(&format!("{path}?status={status}")).await?.json();
    assert_eq!((&body["has_more"], &body["next_cursor"]), (&json!(false), &Value::Null));
    Ok(body["data"].as_array().unwrap().len())
}

async fn a_link_is_created_changed_and_revoked(pairing: Pairing) -> Result<()> {
    let (app, _, client) = serving(pairing).await?;
    let customer = client.customer("Acme").await?;
    let links = format!("/customers/{customer}/setup_links");
    let created = client.post(&links, &json!({ "success_redirect_url": "https://a.example/ok?x=1" })).await?;
    assert_eq!(created.status, 200, "{created:?}");
    let link = created.json()["data"].take();
    let url = link["setup_url"].as_str().unwrap();
    let token = url.rsplit('/').next().unwrap();
    assert!(url.starts_with("http://127.0.0.1:") && url.contains("/messaging/onboard/csl_"), "{url}");
    assert_eq!((token.len(), &token[token.len() - 4..]), (28, link["token_last4"].as_str().unwrap()));
    assert_eq!((&link["status"], &link["customer_id"]), (&json!("active"), &json!(customer)));
    let listed = client.get(&links).await?;
    assert!(!listed.text.contains(token), "the token is shown only once");
    let path = format!("{links}/{}", link["id"].as_str().unwrap());
    let update = json!({ "success_redirect_url": null, "failure_redirect_url": "http://localhost:3000/no" });
    let changed = client.patch(&path, &update).await?.json()["data"].take();
    assert_eq!(changed["success_redirect_url"], Value::Null);
    assert_eq!(changed["failure_redirect_url"], "http://localhost:3000/no");
    let revoked = client.delete(&path).await?;
    let expected =
        json!({ "id": link["id"], "object": "customer_setup_link", "revoked": true, "status": "revoked" });
    assert_eq!((revoked.status, &revoked.json()["data"]), (200, &expected));
    refused(&client.delete(&path).await?, 409, "conflict");
    refused(&client.patch(&path, &update).await?, 409, "conflict");
    assert_eq!(
        (statuses(&client, &links, "revoked").await?, statuses(&client, &links, "active").await?),
        (1, 0)
    );

    let other = client.customer("Other").await?;
    let of_other = path.replace(&customer, &other);
    refused(&client.delete(&of_other).await?, 404, "resource_not_found");
    client.post(&links, &json!({})).await?;
    client.delete(&format!("/customers/{customer}")).await?;
    assert_eq!(statuses(&client, &links, "active").await?, 0, "they are revoked with their customer");
    assert_eq!(refused(&client.post(&links, &json!({})).await?, 400, "invalid_field_value"), "status");
    let events = app.events().await?;
    let of_links = events.iter().filter(|kind| kind.starts_with("customer.setup_link."));
    let expected = ["created", "updated", "revoked", "created", "revoked"]
        .map(|kind| format!("customer.setup_link.{kind}"));
    assert_eq!(of_links.collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
    app.drain().await
}

async fn a_link_expires_when_its_time_is_over(pairing: Pairing) -> Result<()> {
    let (app, _, client) = serving(pairing).await?;
    let links = format!("/customers/{}/setup_links", client.customer("Acme").await?);
    let link = client.post(&links, &json!({ "expires_in_hours": 1 })).await?.json()["data"].take();
    app.clock.advance(TimeDelta::minutes(59));
    assert_eq!(statuses(&client, &links, "active").await?, 1);
    app.clock.advance(TimeDelta::minutes(1));
    assert_eq!(
        (statuses(&client, &links, "active").await?, statuses(&client, &links, "expired").await?),
        (0, 1)
    );
    let path = format!("{links}/{}", link["id"].as_str().unwrap());
    refused(&client.delete(&path).await?, 409, "conflict");
    for bad in [0, -1, 721] {
        let answer = client.post(&links, &json!({ "expires_in_hours": bad })).await?;
        assert_eq!(refused(&answer, 400, "invalid_field_value"), "expires_in_hours", "{bad}");
    }
    app.drain().await
}

async fn redirect_urls_are_checked(pairing: Pairing) -> Result<()> {
    let (app, _, client) = serving(pairing).await?;
    let links = format!("/customers/{}/setup_links", client.customer("Acme").await?);
    for field in ["success_redirect_url", "failure_redirect_url"] {
        for bad in [
            "/done",
            "http://a.example/",
            "https://me@a.example/",
            "https://a.example/#x",
            "https://a.example/\r\nSet-Cookie: a=b",
            "javascript:1",
        ] {
            let answer = client.post(&links, &json!({ field: bad })).await?;
            assert_eq!(refused(&answer, 400, "invalid_field_value"), field, "{bad}");
        }
    }
    assert_eq!(app.count("setup_links").await?, 0);
    app.drain().await
}

async fn only_the_newest_links_are_listed(pairing: Pairing) -> Result<()> {
    let mut app =
        TestApp::new(pairing, |settings| settings.http.public_url = "https://api.example/".into()).await?;
    let caller = app.serve().await?;
    let client = Client::new(&app, &caller, "acme", false).await?;
    let links = format!("/customers/{}/setup_links", client.customer("Acme").await?);
    let mut newest = Value::Null;
    for _ in 0..51 {
        newest = client.post(&links, &json!({})).await?.json()["data"].take();
    }
    assert!(newest["setup_url"].as_str().unwrap().starts_with("https://api.example/messaging/onboard/csl_"));
    let listed = client.get(&links).await?.json();
    assert_eq!((listed["data"].as_array().unwrap().len(), &listed["data"][0]["id"]), (50, &newest["id"]));
    app.drain().await
}
