//! Svix server, the strongest peer, for comparison in the same run: the same events from as many callers, the same
//! receiver, PostgreSQL and Redis. Figures vary between machines; their ratio varies less.
//!
//! Settings are Svix server's defaults, except: the queue is in Redis, the cache is in its process (as its
//! configuration recommends for a single one), receivers may be on this machine, and it logs only warnings.

use super::{
    sink::{Manner, Sink},
    stage::{CALLERS, WARMING, payload},
};
use crate::{
    http::load,
    report::{Figure, Goal},
    yardsticks::rate,
};
use anyhow::{Context, Result, ensure};
use harness::{Process, until};
use reqwest::Client;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
    time::{Duration, Instant},
};

/// Timeout of every step.
const PATIENCE: Duration = Duration::from_mins(2);

/// The program, once it is set.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Sets the `svix-server` to measure.
pub fn measure(program: PathBuf) {
    PROGRAM.get_or_init(|| program);
}

/// Returns the throughput of Svix server for this number of events and endpoints, and the ratio of the platform's
/// throughput to it; nothing if no program was set. The goal is for the ratio.
pub async fn beside(
    name: &str,
    (events, endpoints): (usize, usize),
    ours: f64,
    goal: f64,
) -> Result<Vec<Figure>> {
    let Some(program) = PROGRAM.get() else { return Ok(vec![]) };
    eprintln!("measuring Svix server …");
    let sink = Sink::start(Manner::Prompt)?;
    let svix = Svix::open(program).await?;
    for number in 0..endpoints {
        let endpoint =
            json!({ "url": format!("{}{number}", sink.base()), "filterTypes": ["customer.created"] });
        svix.ask(&format!("app/{}/endpoint/", svix.application), endpoint).await?;
    }
    svix.post(WARMING).await?;
    sink.arrived(WARMING * endpoints).await?;
    svix.written(WARMING * endpoints).await?;
    sink.forget();
    let begin = Instant::now();
    svix.post(events).await?;
    sink.arrived(events * endpoints).await?;
    let theirs = rate(events * endpoints, begin);
    Ok(vec![
        Figure::new(format!("webhooks: {name}, Svix server"), theirs, "/s", Goal::None),
        Figure::new(format!("webhooks: {name}, times Svix server"), ours / theirs, "", Goal::AtLeast(goal)),
    ])
}

/// A server with one application.
struct Svix {
    _server: Process,
    address: String,
    database: String,
    token: String,
    application: String,
}

impl Svix {
    async fn open(program: &Path) -> Result<Self> {
        let servers = harness::shared();
        let (url, address) =
            (servers.postgres.create_database()?, format!("127.0.0.1:{}", harness::free_port()));
        let builder = || {
            Process::builder(program)
                .env("SVIX_LISTEN_ADDRESS", &address)
                .env("SVIX_DB_DSN", &url)
                .env("SVIX_REDIS_DSN", servers.redis.url())
                .env("SVIX_QUEUE_TYPE", "redis")
                .env("SVIX_CACHE_TYPE", "memory")
                .env("SVIX_JWT_SECRET", "a secret of nobody, for a bench")
                .env("SVIX_WHITELIST_SUBNETS", r#"["127.0.0.0/8"]"#)
                .env("RUST_LOG", "warn")
        };
        let migrated = builder().arg("migrate").start()?.wait_exit(PATIENCE).await?;
        ensure!(migrated.success(), "svix-server migrate: {migrated}");
        let made = builder().args(["jwt", "generate"]).start()?;
        let line = made.wait_for_line("Token (Bearer): ", PATIENCE).await?;
        let token = line.rsplit(' ').next().context("no token")?.to_owned();
        let database = url.rsplit('/').next().context("no database")?.to_owned();
        let server = builder().start()?;
        let mut svix = Self { _server: server, address, database, token, application: String::new() };
        svix.is_up().await?;
        let application = svix.ask("app/", json!({ "name": "bench" })).await?;
        svix.application = application["id"].as_str().context("no application")?.to_owned();
        svix.ask("event-type/", json!({ "name": "customer.created", "description": "bench" })).await?;
        Ok(svix)
    }

    async fn is_up(&self) -> Result<()> {
        let health = format!("http://{}/api/v1/health/", self.address);
        until("Svix server is up", PATIENCE, async || {
            Ok(reqwest::get(&health).await?.status().is_success().then_some(()))
        })
        .await
    }

    async fn ask(&self, path: &str, body: Value) -> Result<Value> {
        let url = format!("http://{}/api/v1/{path}", self.address);
        let answer = Client::new().post(&url).bearer_auth(&self.token).json(&body).send().await?;
        ensure!(answer.status().is_success(), "{url}: {}: {}", answer.status(), answer.text().await?);
        Ok(answer.json().await?)
    }

    /// Posts this number of events, with a response for each.
    async fn post(&self, count: usize) -> Result<()> {
        let Self { token, application, .. } = self;
        let head = format!(
            "POST /api/v1/app/{application}/msg/ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
        );
        let request = move |index| {
            let body = payload(index);
            format!("{head}content-length: {}\r\n\r\n{body}", body.len())
        };
        load(&self.address, CALLERS, count, request).await?;
        Ok(())
    }

    /// Returns when this number of attempts is stored.
    async fn written(&self, count: usize) -> Result<()> {
        until("attempts are stored", PATIENCE, async || {
            let stored =
                harness::shared().postgres.sql(&self.database, "select count(*) from messageattempt")?;
            Ok((stored.trim().parse::<usize>()? >= count).then_some(()))
        })
        .await
    }
}
