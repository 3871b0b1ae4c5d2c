//! Scopes and expiry of keys.

use crate::app::{Caller, Pairing, TestApp, both};
use anyhow::Result;
use chrono::TimeDelta;
use entities::event;
use harness::until;
use kernel::auth::keys::{self, NewKey};
use reqwest::{Method, StatusCode};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

both!(
    an_expired_key_opens_nothing,
    a_key_is_for_its_networks,
    only_trusted_proxies_say_where_a_client_is,
    keys_open_their_own_contract,
    a_revoked_key_stops_working_everywhere_within_5_seconds,
    keys_are_made_and_revoked_in_the_open,
    an_organization_is_made_once,
);

const CUSTOMERS: &str = "/api/v1/customers";

async fn holder(app: &TestApp, caller: &Caller, new: NewKey) -> Result<Caller> {
    Ok(caller.with_key(Some(&app.key_with(new).await?.secret)))
}

async fn an_expired_key_opens_nothing(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let expires_at = Some(app.clock.now() + TimeDelta::days(90));
    let new = NewKey { expires_at, ..NewKey::plain("acme", "partner", "test") };
    let holder = holder(&app, &caller, new).await?;
    assert_eq!(holder.get(CUSTOMERS).await?.status, 200);
    app.clock.advance(TimeDelta::days(90));
    holder.get(CUSTOMERS).await?.refused(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    assert_eq!(caller.get(CUSTOMERS).await?.status, 200, "others go on");
    app.drain().await
}

async fn a_key_is_for_its_networks(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let from = |networks: &[&str]| NewKey {
        networks: networks.iter().map(|&network| network.to_owned()).collect(),
        ..NewKey::plain("acme", "partner", "test")
    };
    let stranger = holder(&app, &caller, from(&["203.0.113.0/24", "2001:db8::/32"])).await?;
    stranger.get(CUSTOMERS).await?.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    let forged = stranger.request(Method::GET, CUSTOMERS).header("x-forwarded-for", "203.0.113.5");
    stranger.send(forged).await?.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    let neighbour = holder(&app, &caller, from(&["203.0.113.0/24", "127.0.0.1"])).await?;
    assert_eq!(neighbour.get(CUSTOMERS).await?.status, 200);
    app.drain().await
}

async fn only_trusted_proxies_say_where_a_client_is(pairing: Pairing) -> Result<()> {
    let change = |settings: &mut platform::config::Settings| {
        settings.http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    };
    let mut app = TestApp::new(pairing, change).await?;
    let caller = app.serve().await?;
    let networks = vec!["203.0.113.0/24".to_owned()];
    let holder =
        holder(&app, &caller, NewKey { networks, ..NewKey::plain("acme", "partner", "test") }).await?;
    let from = async |forwarded: &str| {
        let request = holder.request(Method::GET, CUSTOMERS).header("x-forwarded-for", forwarded);
        Ok::<_, anyhow::Error>(holder.send(request).await?.status)
    };
    assert_eq!(from("203.0.113.5").await?, 200);
    assert_eq!(from("198.51.100.1, 203.0.113.5").await?, 200, "what the proxy saw counts");
    assert_eq!(from("203.0.113.5, 198.51.100.1").await?, 403, "the client made the first one up");
    app.drain().await
}

async fn keys_open_their_own_contract(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let vendor = holder(&app, &caller, NewKey::plain("acme", "vendor", "test")).await?;
    vendor.get(CUSTOMERS).await?.refused(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    for (contract, sandbox, prefix) in [
        ("partner", false, "pk_live_"),
        ("partner", true, "pk_test_"),
        ("vendor", false, "vs_live_"),
        ("vendor", true, "vs_test_"),
    ] {
        let made = app.key_with(NewKey { sandbox, ..NewKey::plain("acme", contract, "test") }).await?;
        assert!(made.secret.starts_with(prefix) && made.record.prefix.starts_with(prefix), "{prefix}");
        assert!(made.secret.starts_with(&made.record.prefix) && made.record.prefix.len() < 20);
    }
    let sandbox = NewKey { sandbox: true, ..NewKey::plain("acme", "partner", "test") };
    assert_eq!(holder(&app, &caller, sandbox).await?.get(CUSTOMERS).await?.status, 200);
    let scopes = vec!["customers:read".to_owned()];
    let reader = holder(&app, &caller, NewKey { scopes, ..NewKey::plain("acme", "partner", "test") }).await?;
    assert_eq!(reader.get(CUSTOMERS).await?.status, 200);
    reader.post(CUSTOMERS, &json!({})).await?.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    app.drain().await
}

async fn a_revoked_key_stops_working_everywhere_within_5_seconds(pairing: Pairing) -> Result<()> {
    let (mut app, first) = TestApp::serving(pairing).await?;
    let second = app.serve().await?;
    let made = app.key_with(NewKey::plain("acme", "partner", "test")).await?;
    let holders = [&first, &second].map(|caller| caller.with_key(Some(&made.secret)));
    for holder in &holders {
        assert_eq!(holder.get(CUSTOMERS).await?.status, 200, "both remember it now");
    }
    assert!(keys::revoke(&app.kernel, made.record.id).await?);
    let revoked = Instant::now();
    for holder in &holders {
        until("it is forgotten", Duration::from_secs(5), async || {
            Ok((holder.get(CUSTOMERS).await?.status == 401).then_some(()))
        })
        .await?;
    }
    assert!(revoked.elapsed() < Duration::from_secs(5), "{:?}", revoked.elapsed());
    assert!(!keys::revoke(&app.kernel, made.record.id).await?, "it was revoked before");
    app.drain().await
}

async fn keys_are_made_and_revoked_in_the_open(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let networks = vec!["192.0.2.7".to_owned()];
    let made = app.key_with(NewKey { networks, ..NewKey::plain("acme", "partner", "test") }).await?;
    keys::revoke(&app.kernel, made.record.id).await?;
    let events = event::Entity::find().order_by_asc(event::Column::Id);
    let events = events.all(app.kernel.db.reader()).await?;
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["api_key.created", "api_key.revoked"]);
    for event in &events {
        assert_eq!((event.organization_id, &*event.actor), (made.record.organization_id, "system"));
        let told = format!("{:?} {:?}", event.payload, event.changes);
        assert!(!told.contains(&made.secret) && !told.contains(&made.record.hash), "{told}");
    }
    assert_eq!(events[0].payload.read::<Value>()?["networks"], json!(["192.0.2.7/32"]));
    let changes = events[1].changes.clone().unwrap();
    assert_eq!(changes.as_object().unwrap().keys().collect::<Vec<_>>(), ["revokedAt"]);
    app.drain().await
}

async fn an_organization_is_made_once(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let make = || app.key_with(NewKey::plain("acme", "partner", "test"));
    futures::future::try_join_all((0..8).map(|_| make())).await?;
    assert_eq!((app.count("organizations").await?, app.count("api_keys").await?), (1, 8));
    let wrong = NewKey { plan: "gold".into(), ..NewKey::plain("nobody", "partner", "") };
    let refused = keys::create(&app.kernel, wrong).await.err().unwrap().to_string();
    assert!(refused.contains("plan") && refused.contains("starter") && refused.contains("name"), "{refused}");
    assert_eq!(app.count("organizations").await?, 1, "what is refused leaves nothing");
    app.drain().await
}
