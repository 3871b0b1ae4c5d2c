//! Last uses of keys.

use super::{HERE, authenticator};
use crate::app::{PATIENCE, Pairing, TestApp, both};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use entities::{api_key, ids::ApiKeyId};
use harness::until;
use kernel::auth::{Authenticator, Credential, keys::NewKey};
use sea_orm::EntityTrait;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

both!(many_uses_are_one_write, uses_are_written_by_and_by, a_stopping_front_end_writes_the_rest);

async fn row(app: &TestApp, id: ApiKeyId) -> Result<api_key::Model> {
    api_key::Entity::find_by_id(id).one(app.kernel.db.reader()).await?.context("no key")
}

async fn many_uses_are_one_write(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let [one, other] = [authenticator(&app.kernel), authenticator(&app.kernel)];
    let made = app.key_with(NewKey::plain("acme", "partner", "test")).await?;
    let key = Credential::Key(&made.secret);
    for _ in 0..50 {
        one.authenticate("partner", key, HERE).await?;
    }
    assert!(row(&app, made.record.id).await?.last_used_at.is_none(), "a request writes nothing");
    app.clock.advance(TimeDelta::minutes(1));
    other.authenticate("partner", key, "203.0.113.5".parse()?).await?;
    assert_eq!((other.write_last_uses().await?, one.write_last_uses().await?), (1, 1));
    let written = row(&app, made.record.id).await?;
    assert_eq!(written.last_used_from.as_deref(), Some("203.0.113.5"), "the later use stays");
    assert!(written.last_used_at.is_some_and(|at| at > made.record.created_at + TimeDelta::minutes(1)));
    assert_eq!(one.write_last_uses().await?, 0, "nothing is left");
    app.drain().await
}

async fn uses_are_written_by_and_by(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let (pause, stop) = (Duration::from_millis(20), CancellationToken::new());
    let process = Authenticator::writing_every(pause, app.kernel.clone(), stop.clone());
    let made = app.key_with(NewKey::plain("acme", "partner", "test")).await?;
    process.authenticate("partner", Credential::Key(&made.secret), HERE).await?;
    until("it is written", PATIENCE, async || Ok(row(&app, made.record.id).await?.last_used_at)).await?;
    stop.cancel();
    app.drain().await
}

async fn a_stopping_front_end_writes_the_rest(pairing: Pairing) -> Result<()> {
    let (mut app, caller) = TestApp::serving(pairing).await?;
    let made = app.key_with(NewKey::plain("acme", "partner", "test")).await?;
    assert_eq!(caller.with_key(Some(&made.secret)).get("/api/v1/customers").await?.status, 200);
    app.stop_workers().await?;
    let written = row(&app, made.record.id).await?;
    assert_eq!(written.last_used_from.as_deref(), Some("127.0.0.1"));
    app.drain().await
}
