//! The platform that delivers: its processes, endpoints and events, and what it has stored.

use super::sink::Sink;
use crate::{
    http::paced_load,
    platform::{Ground, others_mb, peak_mb},
    report::{Figure, Goal},
};
use anyhow::{Context, Result, ensure};
use harness::Process;
use kernel::Kernel;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

/// Callers at once.
pub const CALLERS: usize = 16;
/// Events that warm what is made once: connections, prepared statements, schemas.
pub const WARMING: usize = 500;

/// The event of this number, as it is posted.
pub fn payload(index: usize) -> String {
    format!(
        r#"{{"eventType":"bench.measured","payload":{{"index":{index},"customer":"c_{index:08}","email":"{index:08}@example.com","plan":"fiber-1000","city":"Escondido"}}}}"#
    )
}

/// See the module.
pub struct Stage {
    /// Where it listens.
    address: String,
    ground: Ground,
    /// For looking at the database only.
    kernel: Kernel,
    /// The api.
    pub api: Process,
    /// The worker, once it is started.
    pub worker: Option<Process>,
    /// As [`Self::memory_mb`] gives them, of processes that have ended.
    peak_mb: (f64, f64),
}

/// Events that were posted, each acknowledged.
pub struct Posts {
    /// When the first was posted.
    pub begin: Instant,
    /// When the last was acknowledged.
    pub end: Instant,
    /// How long half of the answers took at most, in milliseconds.
    pub p50_ms: f64,
    starts: Arc<Vec<OnceLock<Instant>>>,
}

impl Posts {
    /// When this event was about to be posted.
    pub fn start(&self, index: usize) -> Result<Instant> {
        let start = self.starts.get(index).and_then(OnceLock::get);
        start.copied().with_context(|| format!("event {index} was never posted"))
    }
}

impl Stage {
    /// A fresh database, and the api; no worker.
    pub async fn open() -> Result<Self> {
        let ground = Ground::scaled().await?;
        let kernel = ground.without_redis().kernel().await?;
        let address = format!("127.0.0.1:{}", harness::free_port());
        let api = ground.process(&["serve", "--listen", &address], "http://").await?;
        Ok(Self { address, ground, kernel, api, worker: None, peak_mb: (0.0, 0.0) })
    }

    /// Starts the worker.
    pub async fn work(&mut self) -> Result<()> {
        self.worker = Some(self.ground.process(&["work"], "working").await?);
        Ok(())
    }

    /// SIGKILL to api and worker.
    pub fn kill(&mut self) -> Result<()> {
        self.peak_mb = self.memory_mb()?;
        self.api.sigkill();
        // Dropping it kills it.
        self.worker = None;
        Ok(())
    }

    /// Starts api and worker again.
    pub async fn start_again(&mut self) -> Result<()> {
        self.api = self.ground.process(&["serve", "--listen", &self.address], "http://").await?;
        self.work().await
    }

    /// A key of an organization.
    pub async fn key(&self, organization: &str) -> Result<String> {
        self.ground.key_of(organization).await
    }

    /// Registers an endpoint.
    pub async fn register(&self, key: &str, url: &str, concurrency: usize) -> Result<()> {
        let body = serde_json::json!({
            "url": url, "events": ["customer.created"], "customEvents": ["bench.measured"], "concurrency": concurrency,
        });
        let post = reqwest::Client::new().post(format!("http://{}/partner/api/v1/webhooks", self.address));
        let answer = post.header("x-api-key", key).json(&body).send().await?;
        ensure!(answer.status() == 201, "{}: {}", answer.status(), answer.text().await?);
        Ok(())
    }

    /// Posts so many events, one each `pause` if that is not zero, numbered from 0.
    pub async fn post(&self, key: &str, count: usize, pause: Duration) -> Result<Posts> {
        let starts: Arc<Vec<_>> = Arc::new((0..count).map(|_| OnceLock::new()).collect());
        let (key, noted) = (key.to_owned(), starts.clone());
        let request = move |index: usize| {
            let body = payload(index);
            let text = format!(
                "POST /partner/api/v1/events HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            noted[index].get_or_init(Instant::now);
            text
        };
        let begin = Instant::now();
        let load = paced_load(&self.address, CALLERS, count, pause, request).await?;
        Ok(Posts { begin, end: Instant::now(), p50_ms: load.p50_ms, starts })
    }

    /// Posts a few events that the sink then forgets. Returns how many.
    pub async fn warm_up(&self, key: &str, sink: &Sink, endpoints: usize) -> Result<usize> {
        self.post(key, WARMING, Duration::ZERO).await?;
        sink.arrived(WARMING * endpoints).await?;
        self.written(sink).await?;
        sink.forget();
        Ok(WARMING)
    }

    /// Returns when every attempt that the sink has had is written.
    pub async fn written(&self, sink: &Sink) -> Result<()> {
        let waiting = "select 1 as found from deliveries d join endpoints e on e.id = d.endpoint_id
          where d.sent_at is null and starts_with(e.url, $1) limit 1";
        let db = self.kernel.db.reader();
        let statement =
            Statement::from_sql_and_values(db.get_database_backend(), waiting, [sink.base().into()]);
        let begin = Instant::now();
        while db.query_one_raw(statement.clone()).await?.is_some() {
            ensure!(begin.elapsed() < Duration::from_mins(1), "attempts were made, and are not written");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Sees that each endpoint of the sink has so many deliveries: every one successful at the first attempt,
    /// numbered without a gap.
    pub async fn check(&self, sink: &Sink, endpoints: usize, each: usize) -> Result<()> {
        let sql = "select count(*) as attempts, count(*) filter (where state = 'success') as successes,
            count(distinct sequence) as sequences, max(sequence) as last
          from deliveries d join endpoints e on e.id = d.endpoint_id where starts_with(e.url, $1) group by e.id";
        let db = self.kernel.db.reader();
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [sink.base().into()]);
        let stored = Stored::find_by_statement(statement).all(db).await?;
        let each = i64::try_from(each)?;
        let wanted = Stored { attempts: each, successes: each, sequences: each, last: each };
        let whole = stored.len() == endpoints && stored.iter().all(|it| *it == wanted);
        ensure!(whole, "{endpoints} endpoints should have {wanted:?}: {stored:?}");
        Ok(())
    }

    /// The numbers of the events of which an attempt is not written, once the database has done all that
    /// was asked of it.
    pub async fn unwritten(&self) -> Result<Vec<usize>> {
        let db = self.kernel.db.reader();
        let busy = "select 1 as found from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'";
        while db.query_one_raw(Statement::from_string(db.get_database_backend(), busy)).await?.is_some() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let sql = "select (e.payload->>'index')::bigint as number from deliveries d
          join events e on e.id = d.event_id where d.sent_at is null";
        let statement = Statement::from_string(db.get_database_backend(), sql);
        let found = Unwritten::find_by_statement(statement).all(db).await?;
        found.into_iter().map(|row| Ok(usize::try_from(row.number)?)).collect()
    }

    /// The most memory that api and worker have had: what both have, the pages of their program, counted once, and
    /// their sizes added.
    pub fn memory(&self, name: &str) -> Result<[Figure; 2]> {
        let (once, added) = self.memory_mb()?;
        let figure = |what: &str, mb, goal| Figure::new(format!("webhooks: {name}, {what}"), mb, "MB", goal);
        Ok([
            figure("api + worker", once, Goal::AtMost(64.0)),
            figure("api + worker, what both have counted twice", added, Goal::None),
        ])
    }

    /// Counted once, and added.
    fn memory_mb(&self) -> Result<(f64, f64)> {
        let pids = std::iter::once(self.api.pid()).chain(self.worker.as_ref().map(Process::pid));
        let (mut once, mut added) = (0.0, 0.0);
        for pid in pids {
            let peak = peak_mb(pid)?;
            (once, added) = (once + peak - others_mb(pid)?, added + peak);
        }
        Ok((self.peak_mb.0.max(once), self.peak_mb.1.max(added)))
    }
}

/// What the database has of an endpoint.
#[derive(Debug, PartialEq, Eq, FromQueryResult)]
struct Stored {
    attempts: i64,
    successes: i64,
    sequences: i64,
    last: i64,
}

#[derive(FromQueryResult)]
struct Unwritten {
    number: i64,
}
