//! Validity and audience of tokens.

use super::{AUDIENCE, Client, HERE, authenticator, bearer};
use crate::app::{Pairing, TestApp, both};
use anyhow::Result;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use harness::until;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kernel::auth::{
    Authenticator, Credential,
    keys::{self, NewKey},
};
use platform::Error;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

both!(
    a_token_says_who_for_whom_and_how_long,
    forged_tokens_are_refused,
    a_token_expires,
    the_tokens_of_a_revoked_client_stop_working_within_5_seconds,
    a_token_is_for_the_networks_of_its_client,
    a_good_token_counts_for_its_client,
);

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encoded(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

async fn a_token_says_who_for_whom_and_how_long(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let client = Client::new(&app).await?;
    let token = client.token(&caller).await?;
    let parts: Vec<_> = token.split('.').collect();
    let (header, claims) = (decoded(parts[0]), decoded(parts[1]));
    assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("JWT")));
    assert_eq!(super::published(&caller).await?, [super::text(&header["kid"])]);
    assert_eq!((&claims["sub"], &claims["aud"]), (&json!(client.id), &json!(AUDIENCE)));
    assert_eq!((&claims["iss"], &claims["scope"]), (&json!("switchyard"), &json!("vendor:provisioning")));
    let second = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!((second("exp") - second("iat"), second("nbf")), (3600, second("iat")));
    assert_ne!(claims["jti"], decoded(client.token(&caller).await?.split('.').nth(1).unwrap())["jti"]);
    let principal = bearer(&authenticator(&app.kernel), &token).await?;
    assert_eq!(
        (principal.key.to_string(), &*principal.scopes),
        (client.id, &["vendor:provisioning".into()][..])
    );
    assert!(principal.may("vendor:provisioning") && !principal.may("vendorSimulation:provisioning"));
    app.drain().await
}

async fn forged_tokens_are_refused(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let (process, client) = (authenticator(&app.kernel), Client::new(&app).await?);
    let token = client.granted(&process).await.unwrap();
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let more = |name: &str, value: Value| {
        let mut claims = decoded(claims);
        claims[name] = value;
        format!("{header}.{}.{signature}", encoded(&claims))
    };
    let with_header = |header: Value| format!("{}.{claims}.{signature}", encoded(&header));
    let kid = decoded(header)["kid"].clone();
    let public = process.published().await?[0].x.clone();
    let mut hmac = Header::new(Algorithm::HS256);
    hmac.kid = kid.as_str().map(str::to_owned);
    let by_hmac = |secret: &[u8]| {
        jsonwebtoken::encode(&hmac, &decoded(claims), &EncodingKey::from_secret(secret)).unwrap()
    };
    for forged in [
        more("scope", json!("vendorSimulation:provisioning")),
        more("sub", json!("key_01JABCDEFGHJKMNPQRSTVWXYZ0")),
        more("exp", json!(4_000_000_000_i64)),
        format!("{header}.{claims}."),
        format!("{header}.{claims}"),
        format!("{header}.{claims}.{}", signature.replace(&signature[..4], "AAAA")),
        with_header(json!({ "alg": "none", "typ": "JWT", "kid": kid })),
        format!("{}.{claims}.", encoded(&json!({ "alg": "none", "typ": "JWT", "kid": kid }))),
        with_header(json!({ "alg": "EdDSA", "typ": "JWT" })),
        with_header(json!({ "alg": "EdDSA", "typ": "JWT", "kid": "sig_01JABCDEFGHJKMNPQRSTVWXYZ0" })),
        with_header(json!({ "alg": "EdDSA", "typ": "JWT", "kid": "nonsense" })),
        by_hmac(public.as_bytes()),
        by_hmac(&BASE64_URL_SAFE_NO_PAD.decode(&public)?),
        client.secret.clone(),
        String::new(),
    ] {
        let refused = bearer(&process, &forged).await.unwrap_err();
        assert!(matches!(refused, Error::Unauthorized("Invalid access token")), "{forged}: {refused}");
    }
    let elsewhere = process.authenticate("partner", Credential::Token(&token), HERE).await;
    assert!(matches!(elsewhere, Err(Error::Unauthorized(_))), "it is for the vendor contract");
    assert!(bearer(&process, &token).await.is_ok(), "what was not touched is good");
    app.drain().await
}

async fn a_token_expires(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let (process, client) = (authenticator(&app.kernel), Client::new(&app).await?);
    let token = client.granted(&process).await.unwrap();
    app.clock.advance(TimeDelta::minutes(59));
    assert!(bearer(&process, &token).await.is_ok());
    app.clock.advance(TimeDelta::seconds(66));
    assert!(matches!(bearer(&process, &token).await, Err(Error::Unauthorized(_))));
    let early = client.granted(&process).await.unwrap();
    app.clock.advance(TimeDelta::minutes(-1));
    assert!(matches!(bearer(&process, &early).await, Err(Error::Unauthorized(_))), "of the future");
    app.drain().await
}

async fn the_tokens_of_a_revoked_client_stop_working_within_5_seconds(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let processes = [authenticator(&app.kernel), authenticator(&app.kernel)];
    let client = Client::new(&app).await?;
    let token = client.granted(&processes[0]).await.unwrap();
    for process in &processes {
        bearer(process, &token).await?;
    }
    keys::revoke(&app.kernel, client.id.parse().unwrap()).await?;
    let revoked = Instant::now();
    for process in &processes {
        until("it is forgotten", Duration::from_secs(5), async || {
            Ok(matches!(bearer(process, &token).await, Err(Error::Unauthorized(_))).then_some(()))
        })
        .await?;
        assert!(client.granted(process).await.is_err(), "there are no new ones either");
    }
    assert!(revoked.elapsed() < Duration::from_secs(5), "{:?}", revoked.elapsed());
    app.drain().await
}

async fn a_token_is_for_the_networks_of_its_client(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let process: Authenticator = authenticator(&app.kernel);
    let networks = vec!["127.0.0.0/8".to_owned()];
    let client = Client::with(&app, NewKey { networks, ..NewKey::plain("acme", "vendor", "test") }).await?;
    let token = client.granted(&process).await.unwrap();
    assert!(bearer(&process, &token).await.is_ok());
    let far = process.authenticate("vendor", Credential::Token(&token), "203.0.113.5".parse()?).await;
    assert!(matches!(far, Err(Error::Forbidden(_))));
    app.drain().await
}

async fn a_good_token_counts_for_its_client(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let (vendor, client) = (caller.at("vendor"), Client::new(&app).await?);
    let token = client.token(&caller).await?;
    let policy = async |token: &str| {
        let request = vendor.request(reqwest::Method::GET, super::KEY_SET).bearer_auth(token);
        Ok::<_, anyhow::Error>(vendor.send(request).await?.header("ratelimit-policy").to_owned())
    };
    assert!(policy(&token).await?.contains("q=1000000"), "the client's plan");
    assert!(policy("nonsense").await?.contains("q=600"), "the address's");
    app.drain().await
}
