//! What happens before a route handler runs.

use super::{CUSTOMERS, customer};
use crate::app::{Pairing, TestApp, both};
use anyhow::Result;
use kernel::auth::keys::{self, NewKey};
use reqwest::{Method, StatusCode};
use serde_json::json;

both!(
    only_live_keys_open_the_contract,
    a_revoked_key_stops_working,
    refusals_of_the_framework_wear_the_envelope,
    health_needs_no_key,
    request_ids_are_echoed,
    answers_that_nobody_takes_are_refused,
    no_value_is_repeated,
);

async fn only_live_keys_open_the_contract(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    for key in [None, Some(""), Some("pk_live_nonsense"), Some("ünicode"), Some("Bearer x")] {
        let stranger = caller.with_key(None);
        let request = stranger.request(Method::GET, CUSTOMERS);
        let request = match key {
            Some(key) => request.header("x-api-key", key.as_bytes()),
            None => request,
        };
        stranger.send(request).await?.refused(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    }
    let bearer = caller.with_key(None);
    let request = bearer.request(Method::GET, CUSTOMERS).bearer_auth(app.key("acme").await?);
    assert_eq!(bearer.send(request).await?.status, 200, "a bearer token is as good");
    let nobody = caller.with_key(None);
    nobody
        .post(CUSTOMERS, &json!({ "nonsense": 1 }))
        .await?
        .refused(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    app.drain().await
}

async fn a_revoked_key_stops_working(pairing: Pairing) -> Result<()> {
    let mut app =
        TestApp::new(pairing, |settings| settings.http.key_cache = std::time::Duration::ZERO).await?;
    let caller = app.serve().await?;
    let made = app.key_with(NewKey::plain("acme", "partner", "short-lived")).await?;
    let holder = caller.with_key(Some(&made.secret));
    assert_eq!(holder.get(CUSTOMERS).await?.status, 200);
    assert!(keys::revoke(&app.kernel, made.record.id).await?);
    holder.get(CUSTOMERS).await?.refused(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    assert_eq!(caller.get(CUSTOMERS).await?.status, 200, "others go on");
    app.drain().await
}

async fn refusals_of_the_framework_wear_the_envelope(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    caller.get("/api/v1/nowhere").await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let wrong = caller.delete(CUSTOMERS).await?;
    wrong.refused(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED");
    // It fits /webhooks/{id} too, which takes other methods.
    let nearest = caller.get("/api/v1/webhooks/test").await?;
    nearest.refused(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED");
    assert_eq!(nearest.header("allow"), "POST");
    let text = caller.post_text(CUSTOMERS, "text/plain", "hello").await?;
    text.refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE");
    let cut = caller.post_text(CUSTOMERS, "application/json", "{\"email\":").await?;
    cut.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    let not_utf8 = caller.post_text(CUSTOMERS, "application/json", b"{\"email\":\"\xff\"}".to_vec()).await?;
    not_utf8.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    let mut large = customer("large@example.com");
    large["metadata"] = json!({ "text": "x".repeat(2 << 20) });
    let large = caller.post(CUSTOMERS, &large).await?;
    large.refused(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE");
    for id in
        ["cust_nonsense", "x", "cust_01JABCDEFGHJKMNPQRSTVWXYZ0", "%00", "job_01JABCDEFGHJKMNPQRSTVWXYZ0"]
    {
        caller.get(&format!("{CUSTOMERS}/{id}")).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        caller.get(&format!("/api/v1/bulk/jobs/{id}")).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    app.drain().await
}

async fn health_needs_no_key(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let answer = caller.with_key(None).get("/api/v1/health").await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["data"]["status"], "healthy");
    assert_eq!(
        body["data"]["services"],
        json!({ "database": "up", "messageBus": "up", "gaiia": "unavailable", "sifi": "unavailable", "aex": "unavailable" })
    );
    app.drain().await
}

async fn request_ids_are_echoed(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let own =
        caller.send(caller.request(Method::GET, CUSTOMERS).header("x-request-id", "my-request-0001")).await?;
    assert_eq!(own.header("x-request-id"), "my-request-0001");
    for unsafe_id in ["short", "has spaces in it", "quote\"quote\"quote"] {
        let made =
            caller.send(caller.request(Method::GET, CUSTOMERS).header("x-request-id", unsafe_id)).await?;
        assert!(made.header("x-request-id").len() >= 8 && made.header("x-request-id") != unsafe_id);
    }
    let refused = caller.with_key(None).get("/api/v1/nowhere").await?;
    assert!(!refused.header("x-request-id").is_empty());
    app.drain().await
}

async fn answers_that_nobody_takes_are_refused(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    for (accept, status) in [
        ("application/json", 200),
        ("text/html, */*;q=0.1", 200),
        ("text/html", 406),
        ("application/json;q=0", 406),
    ] {
        let answer = caller.send(caller.request(Method::GET, CUSTOMERS).header("accept", accept)).await?;
        assert_eq!(answer.status, status, "{accept}");
        if status == 406 {
            answer.refused(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE");
        }
    }
    let create = caller.request(Method::POST, CUSTOMERS).header("accept", "text/csv");
    let create = caller.send(create.json(&customer("a@example.com"))).await?;
    create.refused(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE");
    assert_eq!(app.customers().await?, 0, "what cannot be answered is not done");
    app.drain().await
}

/// A refusal names fields and rules, never what somebody sent: it may be a secret in the wrong place.
async fn no_value_is_repeated(pairing: Pairing) -> Result<()> {
    const SECRET: &str = "hunter2-hunter2";
    let (app, caller) = TestApp::serving(pairing).await?;
    let mut answers = vec![];
    let mut bodies = vec![json!(SECRET), json!([SECRET]), json!({ "customers": SECRET })];
    for field in ["email", "firstName", "type", "serviceAddress", "metadata", "phone"] {
        for wrong in
            [json!(SECRET), json!([SECRET]), json!({ "street1": [SECRET] }), json!({ "a": [[SECRET]] })]
        {
            let mut body = customer("a@example.com");
            body[field] = wrong;
            bodies.push(body);
        }
    }
    for body in &bodies {
        answers.push(caller.post(CUSTOMERS, body).await?);
        answers.push(caller.post("/api/v1/bulk/customers", body).await?);
    }
    for text in [format!("{{\"email\": {SECRET}"), SECRET.to_owned(), format!("\"{SECRET}")] {
        answers.push(caller.post_text(CUSTOMERS, "application/json", text).await?);
    }
    let odd = format!("application/{SECRET}");
    answers.push(caller.post_text(CUSTOMERS, &odd, "x").await?);
    answers.push(caller.get(&format!("{CUSTOMERS}?limit={SECRET}&page={SECRET}")).await?);
    answers.push(caller.get(&format!("{CUSTOMERS}/{SECRET}")).await?);
    answers.push(caller.get(&format!("/{SECRET}")).await?);
    answers.push(caller.with_key(Some(SECRET)).get(CUSTOMERS).await?);
    for (name, status) in [("accept", 406), ("idempotency-key", 200), ("x-request-id", 200)] {
        let value = if name == "accept" { odd.clone() } else { format!("{SECRET} {SECRET}") };
        let answer = caller.send(caller.request(Method::GET, CUSTOMERS).header(name, value)).await?;
        assert_eq!(answer.status, status, "{name}");
        answers.push(answer);
    }
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status >= 400).collect();
    assert!(refused.len() > 40, "most of it is refused: {}", refused.len());
    for answer in refused {
        assert!(
            !answer.text.contains("hunter2") && answer.status < 500,
            "{}: {}",
            answer.status,
            answer.text
        );
        assert!(!format!("{:?}", answer.headers).contains("hunter2"), "{:?}", answer.headers);
    }
    app.drain().await
}
