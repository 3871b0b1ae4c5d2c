//! `/healthz` and `/readyz`.

use crate::app::{PATIENCE, Pairing, TestApp, both};
use anyhow::Result;
use harness::{Postgres, RedisServer, until};
use kernel::Kernel;
use platform::{
    Clock,
    config::{Sources, load},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

both!(a_whole_platform_is_ready, a_database_without_its_schema_is_not_ready);

/// The status and what `/readyz` says.
async fn ready(address: &str) -> Result<(u16, Value)> {
    let answer = reqwest::get(format!("http://{address}/readyz")).await?;
    Ok((answer.status().as_u16(), answer.json().await?))
}

async fn alive(address: &str) -> Result<u16> {
    Ok(reqwest::get(format!("http://{address}/healthz")).await?.status().as_u16())
}

async fn a_whole_platform_is_ready(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let caller = app.serve().await?;
    let redis = if pairing == Pairing::Embedded { "not used" } else { "ok" };
    let checks = json!({ "process": "ok", "database": "ok", "migrations": "ok", "redis": redis });
    assert_eq!(ready(caller.address()).await?, (200, json!({ "status": "ready", "checks": checks })));
    for path in ["healthz", "readyz"] {
        let head = reqwest::Client::new().head(format!("http://{}/{path}", caller.address())).send().await?;
        assert_eq!((head.status().as_u16(), head.text().await?.as_str()), (200, ""), "{path}");
    }
    app.drain().await
}

async fn a_database_without_its_schema_is_not_ready(pairing: Pairing) -> Result<()> {
    let (folder, mut settings) = (tempfile::tempdir()?, pairing.settings()?);
    settings.data = folder.path().to_owned();
    if pairing == Pairing::Scaled {
        settings.database.url = harness::shared().postgres.create_database()?;
    }
    let kernel = Kernel::open(settings, Clock::system(), &webhooks::DirectPublish).await?;
    let (listener, stop) = (TcpListener::bind("127.0.0.1:0").await?, CancellationToken::new());
    let address = listener.local_addr()?.to_string();
    let serving = tokio::spawn(api::serve(kernel.clone(), listener, stop.clone()));
    let (status, body) = ready(&address).await?;
    assert_eq!(
        (status, &body["status"], &body["checks"]["database"]),
        (503, &json!("unready"), &json!("ok"))
    );
    assert!(body["checks"]["migrations"].as_str().is_some_and(|text| text.contains("missing")), "{body}");
    assert_eq!(alive(&address).await?, 200);
    kernel.db.migrate().await?;
    let migrated = async || Ok((ready(&address).await?.0 == 200).then_some(()));
    until("it needs no restart", PATIENCE, migrated).await?;
    stop.cancel();
    Ok(serving.await??)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_ask_share_one_look_a_second() -> Result<()> {
    let redis = RedisServer::start()?;
    let url = redis.url();
    let mut app = TestApp::new(Pairing::Scaled, |settings| settings.redis.url = url).await?;
    let caller = app.serve().await?;
    let (client, url) = (reqwest::Client::new(), format!("http://{}/readyz", caller.address()));
    let (before, began) = (redis.calls("ping")?, std::time::Instant::now());
    let asking = (0..50).map(|_| client.get(&url).send());
    for answer in futures::future::try_join_all(asking).await? {
        assert_eq!(answer.status(), 200);
    }
    let (looks, seconds) = (redis.calls("ping")? - before, began.elapsed().as_secs());
    assert!((1..=seconds + 1).contains(&looks), "{looks} looks in {seconds} s");
    app.drain().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_away_is_named() -> Result<()> {
    let (postgres, redis) = (Postgres::start()?, RedisServer::start()?);
    let environment =
        vec![("DATABASE_URL".to_owned(), postgres.create_database()?), ("REDIS_URL".to_owned(), redis.url())];
    let settings = load(Sources { environment, ..Sources::default() })?.settings;
    let mut app = TestApp::with(settings).await?;
    let caller = app.serve().await?;
    let address = caller.address();
    assert_eq!(ready(address).await?.0, 200);
    let unready = async |part: &str, others: &[&str]| {
        // What was found a second ago is good enough.
        let unready = async || Ok(Some(ready(address).await?).filter(|(status, _)| *status == 503));
        let (_, body) = until("it is unready", PATIENCE, unready).await?;
        assert_eq!(body["status"], "unready", "{body}");
        assert_ne!(body["checks"][part], "ok", "{body}");
        for other in others {
            assert_eq!(body["checks"][*other], "ok", "{body}");
        }
        assert_eq!(alive(address).await?, 200);
        anyhow::Ok(())
    };
    let back = async || {
        until("it is back", PATIENCE, async || Ok((ready(address).await?.0 == 200).then_some(()))).await
    };
    redis.kill();
    unready("redis", &["database", "migrations", "process"]).await?;
    redis.start_again()?;
    back().await?;
    postgres.kill()?;
    unready("database", &["redis", "process"]).await?;
    postgres.start_again()?;
    back().await?;
    app.stop_workers().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_restarted_meanwhile_is_there() -> Result<()> {
    let redis = RedisServer::start()?;
    let url = redis.url();
    let mut app = TestApp::new(Pairing::Scaled, |settings| settings.redis.url = url).await?;
    let caller = app.serve().await?;
    assert_eq!(ready(caller.address()).await?.0, 200);
    redis.kill();
    redis.start_again()?;
    let before = redis.calls("ping")?;
    until("it is looked at again", PATIENCE, async || {
        let (status, body) = ready(caller.address()).await?;
        assert_eq!(status, 200, "{body}");
        Ok((redis.calls("ping")? > before).then_some(()))
    })
    .await?;
    app.drain().await
}
