//! `/customers`.

use super::{Client, refused, serving};
use crate::app::{Pairing, both};
use anyhow::Result;
use serde_json::{Value, json};

both!(
    a_customer_is_created_read_changed_and_archived,
    lists_are_paged_by_cursor_newest_first,
    names_are_searched_without_wildcards,
    bad_input_is_named,
    no_more_are_created_than_the_quota,
    sandbox_and_live_are_apart,
);

async fn a_customer_is_created_read_changed_and_archived(pairing: Pairing) -> Result<()> {
    let (app, _, client) = serving(pairing).await?;
    let metadata = json!({ "plan": "gold", "n": 1.50, "ünï": ["cödé 🎈", null, { "a": true }] });
    let new = json!({ "name": "  Acme \t Café ", "email": "ops@acme.example", "metadata": metadata });
    let created = client.post("/customers", &new).await?;
    assert_eq!(created.status, 200, "{created:?}");
    let body = created.json();
    assert_eq!(body["request_id"], created.header("x-request-id"));
    let data = &body["data"];
    for (field, value) in [
        ("object", json!("customer")),
        ("name", json!("Acme Café")),
        ("email", json!("ops@acme.example")),
        ("status", json!("pending")),
        ("metadata", metadata),
        ("archived_at", Value::Null),
        ("team_id", json!("default")),
    ] {
        assert_eq!(data[field], value, "{field}");
    }
    let path = format!("/customers/{}", data["id"].as_str().unwrap());
    let mut shown = client.get(&path).await?.json()["data"].take();
    assert_eq!(shown.as_object_mut().unwrap().remove("whatsapp_accounts"), Some(json!([])));
    assert_eq!(shown, *data);
    let update = json!({ "email": null, "metadata": null, "status": "suspended" });
    let changed = client.patch(&path, &update).await?.json();
    let data = &changed["data"];
    let found = (&data["email"], &data["metadata"], &data["status"], &data["name"]);
    assert_eq!(found, (&Value::Null, &Value::Null, &json!("suspended"), &json!("Acme Café")));
    assert_eq!(client.patch(&path, &update).await?.json()["data"]["updated_at"], data["updated_at"]);
    for _ in 0..2 {
        let archived = client.delete(&path).await?;
        let id = data["id"].clone();
        let expected = json!({ "id": id, "object": "customer", "archived": true });
        assert_eq!((archived.status, &archived.json()["data"]), (200, &expected));
    }
    let data = client.get(&path).await?.json()["data"].take();
    assert_eq!(data["status"], "archived");
    assert!(data["archived_at"].is_string());
    assert_eq!(
        refused(&client.patch(&path, &json!({ "name": "x" })).await?, 400, "invalid_field_value"),
        "status"
    );
    let events = app.events().await?;
    let of_customer: Vec<_> = events.iter().filter(|kind| kind.starts_with("customer.")).collect();
    assert_eq!(of_customer, ["customer.created", "customer.updated", "customer.archived"]);
    app.drain().await
}

async fn names(client: &Client, query: &str) -> Result<(Vec<String>, Value)> {
    let answer = client.get(&format!("/customers?{query}")).await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    let items = body["data"].as_array().unwrap();
    let names = items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(body["has_more"], !body["next_cursor"].is_null());
    Ok((names, body["next_cursor"].clone()))
}

async fn lists_are_paged_by_cursor_newest_first(pairing: Pairing) -> Result<()> {
    let (app, caller, client) = serving(pairing).await?;
    for number in 0..5 {
        client.customer(&format!("c{number}")).await?;
    }
    let (first, next) = names(&client, "limit=2").await?;
    assert_eq!(first, ["c4", "c3"]);
    let next = next.as_str().unwrap().to_owned();
    client.customer("c5").await?;
    let (second, last) = names(&client, &format!("limit=2&cursor={next}")).await?;
    assert_eq!(second, ["c2", "c1"], "what is added meanwhile moves nothing");
    let (third, end) = names(&client, &format!("limit=2&cursor={}", last.as_str().unwrap())).await?;
    assert_eq!((third, end), (vec!["c0".to_owned()], Value::Null));
    assert_eq!(names(&client, "").await?.0.len(), 6);

    let stranger = Client::new(&app, &caller, "stranger", false).await?;
    let changed = format!("{}{}", if next.starts_with('A') { 'B' } else { 'A' }, &next[1..]);
    for (client, query) in [
        (&stranger, format!("cursor={next}")),
        (&client, format!("cursor={next}&status=active")),
        (&client, format!("cursor={next}&search=c")),
        (&client, format!("cursor={changed}")),
        (&client, "cursor=nonsense".into()),
        (&client, "cursor=".into()),
    ] {
        let answer = client.get(&format!("/customers?{query}")).await?;
        if query == "cursor=" {
            assert_eq!(answer.status, 200, "an empty parameter counts as absent");
            continue;
        }
        assert_eq!(refused(&answer, 400, "invalid_cursor"), "cursor", "{query}");
    }
    for bad in ["0", "101", "-1", "x", "1.5", "99999999999999999999"] {
        let answer = client.get(&format!("/customers?limit={bad}")).await?;
        assert_eq!(refused(&answer, 400, "invalid_limit"), "limit", "{bad}");
    }
    app.drain().await
}

async fn names_are_searched_without_wildcards(pairing: Pairing) -> Result<()> {
    let (app, _, client) = serving(pairing).await?;
    for name in ["100% Ünal", "100 units", "under_score", "underXscore", "back\\slash"] {
        client.customer(name).await?;
    }
    for (search, found) in [
        ("ÜNAL", vec!["100% Ünal"]),
        ("100%25", vec!["100% Ünal"]),
        ("r_s", vec!["under_score"]),
        ("%5C", vec!["back\\slash"]),
        ("100", vec!["100 units", "100% Ünal"]),
        ("nobody", vec![]),
    ] {
        assert_eq!(names(&client, &format!("search={search}")).await?.0, found, "{search}");
    }
    let pending = names(&client, "status=pending").await?.0;
    assert_eq!((pending.len(), names(&client, "status=archived").await?.0.len()), (5, 0));
    app.drain().await
}

async fn bad_input_is_named(pairing: Pairing) -> Result<()> {
    let (app, _, client) = serving(pairing).await?;
    let keys: serde_json::Map<_, _> = (0..65).map(|key| (format!("k{key}"), json!(1))).collect();
    let name = |name: &str| json!({ "name": name });
    for (body, code, param) in [
        (json!({}), "missing_required_field", "name"),
        (name(" \t "), "invalid_field_value", "name"),
        (name("a\nb"), "invalid_field_value", "name"),
        (name(&"x".repeat(201)), "invalid_field_value", "name"),
        (name("a\u{0}b"), "invalid_field_value", "name"),
        (json!({ "name": "x", "email": "nobody" }), "invalid_field_value", "email"),
        (json!({ "name": "x", "metadata": keys }), "invalid_field_value", "metadata"),
        (
            json!({ "name": "x", "metadata": { "a": "x".repeat(17 << 10) } }),
            "invalid_field_value",
            "metadata",
        ),
        (json!({ "name": "x", "metadata": [] }), "invalid_field_value", "metadata"),
        (json!({ "name": "x", "team_id": "x".repeat(65) }), "invalid_field_value", "team_id"),
    ] {
        assert_eq!(refused(&client.post("/customers", &body).await?, 400, code), param, "{body}");
    }
    let large = json!({ "name": "x", "metadata": { "a": "x".repeat(1 << 20) } });
    refused(&client.post("/customers", &large).await?, 413, "payload_too_large");
    refused(&client.get("/customers/nonsense").await?, 400, "invalid_field_value");
    refused(&client.get("/customers/cus_00000000000000000000000000").await?, 404, "resource_not_found");
    refused(&client.get("/nothing").await?, 404, "resource_not_found");
    assert_eq!(app.count("messaging_customers").await?, 0);
    app.drain().await
}

async fn no_more_are_created_than_the_quota(pairing: Pairing) -> Result<()> {
    let mut app = crate::app::TestApp::new(pairing, |settings| settings.messaging.customers = 3).await?;
    let caller = app.serve().await?;
    let client = Client::new(&app, &caller, "acme", false).await?;
    let new = json!({ "name": "x" });
    let together = (0..8).map(|_| client.post("/customers", &new));
    let answers = futures::future::try_join_all(together).await?;
    let created: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(created.len(), 3, "however many ask at once");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        refused(answer, 402, "quota_exceeded");
    }
    let id = created[0].json()["data"]["id"].as_str().unwrap().to_owned();
    client.delete(&format!("/customers/{id}")).await?;
    client.customer("in its place").await?;
    app.drain().await
}

async fn sandbox_and_live_are_apart(pairing: Pairing) -> Result<()> {
    let (app, caller, client) = serving(pairing).await?;
    let sandbox = Client::new(&app, &caller, "acme", true).await?;
    let path = format!("/customers/{}", client.customer("live").await?);
    sandbox.customer("sandbox").await?;
    assert_eq!(names(&client, "").await?.0, ["live"]);
    assert_eq!(names(&sandbox, "").await?.0, ["sandbox"]);
    refused(&sandbox.get(&path).await?, 404, "resource_not_found");
    refused(&sandbox.patch(&path, &json!({ "name": "x" })).await?, 404, "resource_not_found");
    refused(&sandbox.delete(&path).await?, 404, "resource_not_found");
    let stranger = Client::new(&app, &caller, "stranger", false).await?;
    refused(&stranger.delete(&path).await?, 404, "resource_not_found");
    app.drain().await
}
