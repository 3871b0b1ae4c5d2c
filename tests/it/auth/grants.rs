//! The token endpoint: requests and rejections.

use super::{AUDIENCE, Client, TOKEN, form, text};
use crate::app::{Answer, Caller, Pairing, TestApp, both};
use anyhow::Result;
use base64::{Engine, prelude::BASE64_STANDARD};
use kernel::auth::keys::{self, NewKey};
use reqwest::Method;
use serde_json::{Value, json};

both!(
    form_json_and_basic_are_as_good,
    scopes_are_those_of_the_client,
    refusals_are_those_of_the_standard,
    what_the_framework_refuses_has_the_same_form,
    clients_that_may_not_get_nothing,
    secrets_stay_secret,
);

async fn send(vendor: &Caller, pairs: &[(&str, &str)]) -> Result<Answer> {
    vendor.send(form(vendor.request(Method::POST, TOKEN), pairs)).await
}

/// Checks a refusal's form, and returns its description.
fn refused(answer: &Answer, status: u16, error: &str) -> String {
    let body = answer.json();
    assert_eq!((answer.status, &body["error"]), (status, &Value::from(error)), "{}", answer.text);
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(2), "{body}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("www-authenticate").starts_with("Basic"), status == 401);
    let description = text(&body["error_description"]);
    let allowed = |sign: char| matches!(sign, ' '..='~') && !matches!(sign, '"' | '\\');
    assert!(!description.is_empty() && description.chars().all(allowed), "RFC 6749, 5.2: {description}");
    description
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")))
}

async fn form_json_and_basic_are_as_good(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let (vendor, client) = (caller.at("vendor"), Client::new(&app).await?);
    let json: serde_json::Map<_, _> =
        client.form().into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    let bare = [("grant_type", "client_credentials"), ("audience", AUDIENCE)];
    let authorization = basic(&client.id, &client.secret);
    let post = || vendor.request(Method::POST, TOKEN);
    for request in [
        form(post(), &client.form()),
        post().json(&json),
        form(post(), &bare).header("authorization", &authorization),
        post()
            .json(&json!({ "grant_type": bare[0].1, "audience": AUDIENCE, "client_id": client.id, "x": 1 }))
            .header("authorization", authorization.replace("Basic", "basic")),
    ] {
        let answer = vendor.send(request).await?;
        let body = answer.json();
        assert_eq!(answer.status, 200, "{body}");
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(3600)));
        assert_eq!(body["scope"], "vendor:provisioning");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(4));
        assert_eq!(text(&body["access_token"]).split('.').count(), 3);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    app.drain().await
}

async fn scopes_are_those_of_the_client(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let vendor = caller.at("vendor");
    let sandbox = NewKey { sandbox: true, ..NewKey::plain("acme", "vendor", "test") };
    let (live, sandbox) = (Client::new(&app).await?, Client::with(&app, sandbox).await?);
    let (real, play) = ("vendor:provisioning", "vendorSimulation:provisioning");
    for (client, own, other) in [(&live, real, play), (&sandbox, play, real)] {
        assert_eq!(send(&vendor, &client.form()).await?.json()["scope"], own);
        let both = format!("{own} {other}");
        let with = |scope| [client.form(), vec![("scope", scope)]].concat();
        assert_eq!(send(&vendor, &with(own)).await?.json()["scope"], own);
        assert_eq!(send(&vendor, &with("")).await?.json()["scope"], own);
        refused(&send(&vendor, &with(other)).await?, 400, "invalid_scope");
        assert_eq!(send(&vendor, &with(&both)).await?.json()["scope"], own);
        refused(&send(&vendor, &with("*")).await?, 400, "invalid_scope");
    }
    app.drain().await
}

async fn refusals_are_those_of_the_standard(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let (vendor, client) = (caller.at("vendor"), Client::new(&app).await?);
    let without = |name: &str| client.form().into_iter().filter(|(it, _)| *it != name).collect::<Vec<_>>();
    let with = |name: &'static str, value: &'static str| [without(name), vec![(name, value)]].concat();
    for (pairs, status, error) in [
        (without("grant_type"), 400, "invalid_request"),
        (with("grant_type", ""), 400, "invalid_request"),
        (with("grant_type", "password"), 400, "unsupported_grant_type"),
        (without("audience"), 400, "invalid_request"),
        (with("audience", "api://elsewhere"), 400, "invalid_request"),
        (without("client_id"), 401, "invalid_client"),
        (without("client_secret"), 401, "invalid_client"),
        (with("client_id", "key_01JABCDEFGHJKMNPQRSTVWXYZ0"), 401, "invalid_client"),
        (with("client_id", "nonsense"), 401, "invalid_client"),
        (with("client_secret", "nonsense"), 401, "invalid_client"),
        ([client.form(), vec![("audience", AUDIENCE)]].concat(), 400, "invalid_request"),
        ([client.form(), vec![("x", "1"), ("x", "2")]].concat(), 400, "invalid_request"),
    ] {
        refused(&send(&vendor, &pairs).await?, status, error);
    }
    let post = || vendor.request(Method::POST, TOKEN);
    let twice = form(post(), &client.form()).header("authorization", basic(&client.id, &client.secret));
    refused(&vendor.send(twice).await?, 400, "invalid_request");
    let bare = with("client_secret", "");
    let other = form(post(), &bare).header("authorization", basic("key_other", &client.secret));
    refused(&vendor.send(other).await?, 400, "invalid_request");
    for header in ["Basic !", "Basic", "Bearer x", &basic(&client.id, "wrong")] {
        let answer = vendor.send(form(post(), &bare).header("authorization", header)).await?;
        refused(&answer, 401, "invalid_client");
    }
    for body in ["", "[]", "{", r#"{"grant_type": 1}"#, r#"{"audience": "a", "audience": "a"}"#] {
        refused(&vendor.post_text(TOKEN, "application/json", body).await?, 400, "invalid_request");
    }
    app.drain().await
}

async fn what_the_framework_refuses_has_the_same_form(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let vendor = caller.at("vendor");
    let post = || vendor.request(Method::POST, TOKEN);
    refused(&vendor.post_text(TOKEN, "text/plain", "hello").await?, 415, "invalid_request");
    let large = "x".repeat(2 << 20);
    refused(&vendor.post_text(TOKEN, "application/json", large).await?, 413, "invalid_request");
    let got = vendor.get(TOKEN).await?;
    refused(&got, 405, "invalid_request");
    assert_eq!(got.header("allow"), "POST");
    refused(&vendor.get("/v1/token/nowhere").await?, 404, "invalid_request");
    let html = form(post(), &[("a", "b")]).header("accept", "text/html");
    refused(&vendor.send(html).await?, 406, "invalid_request");
    let elsewhere = vendor.get("/v2/nowhere").await?;
    let expected = json!({ "status": 404, "error": "Not Found", "message": "There is nothing at this path" });
    assert_eq!((elsewhere.status, elsewhere.json()), (404, expected));
    assert!(!elsewhere.header("x-request-id").is_empty());
    app.drain().await
}

async fn clients_that_may_not_get_nothing(pairing: Pairing) -> Result<()> {
    let mut app =
        TestApp::new(pairing, |settings| settings.http.key_cache = std::time::Duration::ZERO).await?;
    let caller = app.serve().await?;
    let vendor = caller.at("vendor");
    let networks = vec!["203.0.113.0/24".to_owned()];
    let far = Client::with(&app, NewKey { networks, ..NewKey::plain("acme", "vendor", "far") }).await?;
    refused(&send(&vendor, &far.form()).await?, 400, "unauthorized_client");
    let expires_at = Some(app.clock.now() + chrono::TimeDelta::hours(1));
    let brief = Client::with(&app, NewKey { expires_at, ..NewKey::plain("acme", "vendor", "brief") }).await?;
    app.clock.advance(chrono::TimeDelta::hours(1));
    refused(&send(&vendor, &brief.form()).await?, 401, "invalid_client");
    let revoked = Client::new(&app).await?;
    keys::revoke(&app.kernel, revoked.id.parse().unwrap()).await?;
    refused(&send(&vendor, &revoked.form()).await?, 401, "invalid_client");
    let partner = Client::with(&app, NewKey::plain("acme", "partner", "key")).await?;
    refused(&send(&vendor, &partner.form()).await?, 401, "invalid_client");
    app.drain().await
}

async fn secrets_stay_secret(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let (vendor, client) = (caller.at("vendor"), Client::new(&app).await?);
    let secret = client.secret.as_str();
    let forms: [&[(&str, &str)]; 4] = [
        &client.form(),
        &[("grant_type", secret), ("scope", secret)],
        &[("grant_type", "client_credentials"), ("client_id", secret), ("client_secret", secret)],
        &[&client.form()[..], &[("scope", secret)]].concat(),
    ];
    for pairs in forms {
        let answer = send(&vendor, pairs).await?;
        assert!(!answer.text.contains(secret), "{}", answer.text);
    }
    let quoted = format!("{{ \"grant_type\": [\"{secret}\"] }}");
    assert!(!vendor.post_text(TOKEN, "application/json", quoted).await?.text.contains(secret));
    app.drain().await
}
