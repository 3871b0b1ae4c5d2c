//! Signing keys: created when needed, rotated, published.

use super::{Client, KEY_SET, authenticator, bearer, published};
use crate::app::{PATIENCE, Pairing, TestApp, both};
use anyhow::Result;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use entities::{event, signing_key};
use harness::until;
use kernel::{Kernel, auth::signing_keys};
use platform::{Clock, Error};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::time::{Duration, Instant};

both!(
    processes_that_start_at_once_have_one_key,
    rotation_lets_old_tokens_verify_and_makes_new_ones,
    rotations_at_once_leave_one_active_key,
    running_processes_take_a_new_key_up_within_5_seconds,
    the_key_set_is_public_and_may_be_kept_for_a_while,
);

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

async fn processes_that_start_at_once_have_one_key(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let client = Client::new(&app).await?;
    let settings = app.kernel.settings.clone();
    let open = || Kernel::open((*settings).clone(), Clock::system(), &webhooks::DirectPublish);
    let kernels = futures::future::try_join_all((0..6).map(|_| open())).await?;
    let processes: Vec<_> = kernels.iter().map(authenticator).collect();
    let tokens = futures::future::join_all(processes.iter().map(|process| client.granted(process))).await;
    let tokens: Vec<_> = tokens.into_iter().map(|token| token.unwrap()).collect();
    assert_eq!(app.count("signing_keys").await?, 1);
    assert!(tokens.iter().all(|token| kid(token) == kid(&tokens[0])));
    for process in &processes {
        bearer(process, &tokens[0]).await?;
    }
    app.drain().await
}

async fn rotation_lets_old_tokens_verify_and_makes_new_ones(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| settings.http.key_cache = Duration::ZERO).await?;
    let caller = app.serve().await?;
    let (process, client) = (authenticator(&app.kernel), Client::new(&app).await?);
    let old = client.token(&caller).await?;
    assert_eq!(published(&caller).await?, [kid(&old)]);
    let rotated = signing_keys::rotate(&app.kernel).await?.to_string();
    let new = client.token(&caller).await?;
    assert_eq!(kid(&new), rotated);
    assert_ne!(kid(&new), kid(&old));
    assert_eq!(published(&caller).await?, [kid(&new), kid(&old)]);
    for token in [&old, &new] {
        bearer(&process, token).await?;
    }
    let retired = signing_key::Entity::find_by_id(kid(&old).parse::<entities::ids::SigningKeyId>().unwrap());
    let retired = retired.one(app.kernel.db.reader()).await?.unwrap();
    assert!(retired.retired_at.is_some() && retired.private_key.is_empty(), "what is not needed is gone");
    app.clock.advance(TimeDelta::minutes(64));
    assert_eq!(published(&caller).await?.len(), 2, "a token of the last moment is still good");
    app.clock.advance(TimeDelta::minutes(2));
    assert_eq!(published(&caller).await?, [kid(&new)]);
    assert!(matches!(bearer(&process, &old).await, Err(Error::Unauthorized(_))));
    let told = event::Entity::find().filter(event::Column::Kind.eq("signing_key.rotated"));
    let told = told.one(app.kernel.db.reader()).await?.unwrap();
    let told: serde_json::Value = told.payload.read()?;
    assert_eq!((&told["id"], &told["retired"]), (&kid(&new).into(), &kid(&old).into()));
    app.drain().await
}

async fn rotations_at_once_leave_one_active_key(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let rotations = futures::future::join_all((0..4).map(|_| signing_keys::rotate(&app.kernel))).await;
    assert!(rotations.iter().any(Result::is_ok));
    assert!(rotations.iter().all(|one| matches!(one, Ok(_) | Err(Error::Conflict { .. }))), "{rotations:?}");
    let keys = signing_keys::list(&app.kernel).await?;
    assert_eq!(keys.iter().filter(|key| key.retired_at.is_none()).count(), 1);
    assert_eq!(keys.len(), rotations.iter().filter(|one| one.is_ok()).count());
    app.drain().await
}

async fn running_processes_take_a_new_key_up_within_5_seconds(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let [signs, verifies] = [authenticator(&app.kernel), authenticator(&app.kernel)];
    let client = Client::new(&app).await?;
    let old = client.granted(&signs).await.unwrap();
    bearer(&verifies, &old).await?;
    let new = signing_keys::rotate(&app.kernel).await?.to_string();
    let rotated = Instant::now();
    let token = authenticator(&app.kernel);
    let token = client.granted(&token).await.unwrap();
    assert_eq!(kid(&token), new);
    bearer(&verifies, &token).await?;
    until("it signs with the new key", PATIENCE, async || {
        Ok((kid(&client.granted(&signs).await.unwrap()) == new).then_some(()))
    })
    .await?;
    assert!(rotated.elapsed() < Duration::from_secs(5), "{:?}", rotated.elapsed());
    app.drain().await
}

async fn the_key_set_is_public_and_may_be_kept_for_a_while(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let answer = caller.at("vendor").get(KEY_SET).await?;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "public, max-age=300"));
    let keys = answer.json();
    let key = &keys["keys"][0];
    for (name, value) in [("kty", "OKP"), ("crv", "Ed25519"), ("alg", "EdDSA"), ("use", "sig")] {
        assert_eq!(key[name], value);
    }
    assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap())?.len(), 32);
    assert_eq!(key.as_object().unwrap().len(), 6, "nothing private: {key}");
    app.drain().await
}
