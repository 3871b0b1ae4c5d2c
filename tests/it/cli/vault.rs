//! The encryption key: one per database, never replaced by accident.

use super::{PATIENCE, run, switchyard};
use crate::app::{Caller, KEY, Pairing, Receiver, TestApp, allow_loopback, both};
use anyhow::{Context, Result, ensure};
use entities::endpoint;
use harness::{Postgres, Process, RedisServer, until};
use kernel::{Kernel, UnitOfWork, auth::signing_keys, events::Actor};
use platform::{
    Db,
    vault::{self, Unconfirmed},
};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};
use std::{fs, path::Path};

const OTHER: &str = "6666666666666666666666666666666666666666666666666666666666666666";

async fn confirm(kernel: &Kernel) -> Result<(), Unconfirmed> {
    vault::confirm(&kernel.vault, &kernel.db, &kernel.clock).await
}

async fn adopt(kernel: &Kernel) -> platform::Result<()> {
    vault::adopt(&kernel.vault, &kernel.db, &kernel.clock).await
}

/// Starts an embedded platform with its data in `folder/data`, lets it seal something, and ends it.
async fn sealed(folder: &Path) -> Result<()> {
    let (process, _) = super::up(folder).await?;
    let (code, said) = run(folder, &["signing-key", "rotate"]).await?;
    ensure!(code == 0, "{said}");
    process.sigterm()?;
    process.wait_exit(PATIENCE).await?;
    Ok(())
}

/// That `up` does not start, and what it says.
async fn refused(folder: &Path) -> Result<String> {
    let (code, said) = run(folder, &["up", "--listen", "127.0.0.1:0"]).await?;
    ensure!(code == 1 && !said.contains("listening on"), "{code}: {said}");
    Ok(said)
}

async fn starts(folder: &Path) -> Result<()> {
    let (process, _) = super::up(folder).await?;
    process.sigterm()?;
    process.wait_exit(PATIENCE).await?;
    Ok(())
}

#[tokio::test]
async fn a_restored_database_without_its_key_is_not_given_another() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("data/secret.key");
    sealed(folder.path()).await?;
    let key = fs::read_to_string(&file)?;
    fs::remove_file(&file)?;
    for _ in 0..2 {
        let said = refused(folder.path()).await?;
        ensure!(said.contains("data/secret.key") && said.contains("backup"), "{said}");
        ensure!(!file.exists(), "a new key beside what is sealed");
    }
    let (code, said) = run(folder.path(), &["doctor"]).await?;
    ensure!(code == 1 && said.contains("vault") && said.contains("backup"), "{code}: {said}");
    // What needs no key goes on, what needs it does not, and makes none.
    let (code, said) = run(folder.path(), &["key", "list"]).await?;
    ensure!(code == 0, "{said}");
    let (code, said) = run(folder.path(), &["signing-key", "rotate"]).await?;
    ensure!(code == 1 && said.contains("backup") && !file.exists(), "{code}: {said}");
    fs::write(&file, OTHER)?;
    let said = refused(folder.path()).await?;
    ensure!(said.contains("is not the key") && said.contains("vault adopt"), "{said}");
    let (code, said) = run(folder.path(), &["doctor"]).await?;
    ensure!(code == 1 && said.contains("is not the key"), "{code}: {said}");
    fs::write(&file, key)?;
    starts(folder.path()).await?;
    let (code, said) = run(folder.path(), &["doctor"]).await?;
    ensure!(code == 0 && said.contains("matches the database"), "{code}: {said}");
    Ok(())
}

#[tokio::test]
async fn a_lost_key_is_replaced_when_somebody_says_so() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("data/secret.key");
    sealed(folder.path()).await?;
    let lost = fs::read_to_string(&file)?;
    fs::remove_file(&file)?;
    let (code, said) = run(folder.path(), &["vault", "adopt"]).await?;
    ensure!(code == 0 && fs::read_to_string(&file)? != lost, "{code}: {said}");
    starts(folder.path()).await?;
    let (code, said) = run(folder.path(), &["signing-key", "rotate"]).await?;
    ensure!(code == 0, "{said}");
    fs::write(&file, lost)?;
    refused(folder.path()).await?;
    Ok(())
}

both!(
    a_database_of_before_marks_is_judged_by_what_is_sealed,
    readiness_tells_a_wrong_key,
    a_webhook_with_a_new_secret_outlives_a_lost_key,
);

/// Another process of the same settings, but for the key.
async fn with_key(app: &TestApp, key: &str) -> Result<Kernel> {
    let mut settings = (*app.kernel.settings).clone();
    settings.secrets.key = key.into();
    Ok(Kernel::open(settings, app.clock.clone(), &webhooks::DirectPublish).await?)
}

async fn a_database_of_before_marks_is_judged_by_what_is_sealed(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    signing_keys::rotate(&app.kernel).await?;
    assert_eq!(app.count("vault_keys").await?, 0, "what a version without marks leaves behind");
    let other = with_key(&app, OTHER).await?;
    assert!(matches!(confirm(&other).await, Err(Unconfirmed::Wrong(_))));
    assert_eq!(app.count("vault_keys").await?, 0);
    let all = futures::future::try_join_all((0..4).map(|_| with_key(&app, KEY))).await?;
    futures::future::try_join_all(all.iter().map(confirm)).await?;
    assert_eq!(app.count("vault_keys").await?, 1);
    assert!(matches!(confirm(&other).await, Err(Unconfirmed::Wrong(_))));
    app.drain().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_first_processes_with_two_keys_one_starts() -> Result<()> {
    let app = TestApp::new(Pairing::Scaled, |_| {}).await?;
    let (one, other) = (with_key(&app, KEY).await?, with_key(&app, OTHER).await?);
    let (one, other) = tokio::join!(confirm(&one), confirm(&other));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    app.drain().await
}

async fn readiness_tells_a_wrong_key(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |_| {}).await?;
    let caller: Caller = app.serve().await?;
    let ready = async || {
        let answer = reqwest::get(format!("http://{}/readyz", caller.address())).await?;
        anyhow::Ok((answer.status().as_u16(), answer.json::<Value>().await?["checks"]["vault"].clone()))
    };
    confirm(&app.kernel).await?;
    assert_eq!(ready().await?, (200, Value::Null));
    adopt(&with_key(&app, OTHER).await?).await?;
    // A look is shared for a second.
    let wrong = (503, "the key is not the database's".into());
    until("readiness tells", PATIENCE, async || Ok((ready().await? == wrong).then_some(()))).await?;
    app.drain().await
}

/// Its old secret goes on signing for a day after a rotation, and cannot be opened any more.
async fn a_webhook_with_a_new_secret_outlives_a_lost_key(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, allow_loopback).await?;
    let caller: Caller = app.serve().await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let lost = with_key(&app, OTHER).await?;
    adopt(&lost).await?;
    let found = endpoint::Entity::find().one(lost.db.reader()).await?.context("a webhook")?;
    let id = found.id;
    assert!(webhooks::target(&lost, id).await.is_err(), "its only secret cannot be opened");
    let work = UnitOfWork::new(lost.clone(), Actor::system(found.organization_id));
    webhooks::rotate(&work, "partner", id, None).await?;
    work.commit().await?;
    let target = webhooks::target(&lost, id).await?.context("a target")?;
    assert_eq!((target.record.id.to_string(), target.secrets.live(app.clock.now()).count()), (hook.id, 1));
    app.work();
    app.drain().await
}

/// A process of the scaled platform, with this key.
fn scaled(args: &[&str], environment: &[(String, String)], key: Option<&str>) -> Result<Process> {
    let mut environment = environment.to_vec();
    environment.retain(|(name, _)| name != "SWITCHYARD_SECRETS_KEY");
    environment.extend(key.map(|key| ("SWITCHYARD_SECRETS_KEY".to_owned(), key.to_owned())));
    switchyard(args).envs(environment).start()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scaled_processes_have_one_key_or_do_not_start() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut environment = Pairing::Scaled.environment()?;
    environment.push(("SWITCHYARD_DATA".into(), folder.path().join("data").display().to_string()));
    let migrated = scaled(&["migrate"], &environment, None)?;
    ensure!(migrated.wait_exit(PATIENCE).await?.success(), "{}", migrated.log());
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    for command in [&serve[..], &["work"], &["up", "--listen", "127.0.0.1:0"]] {
        let process = scaled(command, &environment, None)?;
        let status = process.wait_exit(PATIENCE).await?;
        let said = process.log();
        ensure!(status.code() == Some(1) && said.contains("openssl rand -hex 32"), "{said}");
    }
    ensure!(!folder.path().join("data").exists(), "nothing is made silently");
    let api = scaled(&serve, &environment, Some(KEY))?;
    api.wait_for_line("listening on", PATIENCE).await?;
    let wrong = scaled(&["work"], &environment, Some(OTHER))?;
    let status = wrong.wait_exit(PATIENCE).await?;
    ensure!(status.code() == Some(1) && wrong.log().contains("is not the key"), "{}", wrong.log());
    let right = scaled(&["work"], &environment, Some(KEY))?;
    right.wait_for_line("working on", PATIENCE).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_that_is_found_after_the_start_ends_the_process() -> Result<()> {
    let (postgres, redis) = (Postgres::start()?, RedisServer::start()?);
    let environment = vec![
        ("DATABASE_URL".to_owned(), postgres.create_database()?),
        ("REDIS_URL".to_owned(), redis.url()),
        ("SWITCHYARD_DATABASE_ACQUIRE_TIMEOUT".to_owned(), "1s".to_owned()),
        ("SWITCHYARD_SECRETS_KEY".to_owned(), KEY.to_owned()),
    ];
    let sources = platform::config::Sources { environment: environment.clone(), ..Default::default() };
    let settings = platform::config::load(sources)?.settings;
    let db = Db::open(&settings).await?;
    db.migrate().await?;
    let kernel = Kernel::open(settings, platform::Clock::system(), &webhooks::DirectPublish).await?;
    confirm(&kernel).await?;
    postgres.kill()?;
    let [wrong, right] = [OTHER, KEY].map(|key| scaled(&["work"], &environment, Some(key)));
    let (wrong, right) = (wrong?, right?);
    for process in [&wrong, &right] {
        process.wait_for_line("working on", PATIENCE).await?;
    }
    postgres.start_again()?;
    let status = wrong.wait_exit(PATIENCE).await?;
    ensure!(status.code() == Some(1) && wrong.log().contains("is not the key"), "{}", wrong.log());
    ensure!(right.is_running(), "{}", right.log());
    let known = db.reader().query_one_raw(sea_orm::Statement::from_string(
        db.reader().get_database_backend(),
        "select fingerprint from vault_keys",
    ));
    known.await?.context("the fingerprint")?;
    Ok(())
}
