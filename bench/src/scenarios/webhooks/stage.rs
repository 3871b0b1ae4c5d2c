//! The platform that delivers: its processes, endpoints and events, and the stored deliveries.

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

/// Number of concurrent callers.
pub const CALLERS: usize = 16;
/// Number of events that warm up what is created once: connections, prepared statements, schemas.
pub const WARMING: usize = 500;

/// The request body of the event with this number.
pub fn payload(index: usize) -> String {
    format!(
        r#"{{"eventType":"bench.measured","payload":{{"index":{index},"customer":"c_{index:08}","email":"{index:08}@example.com","plan":"fiber-1000","city":"Escondido"}}}}"#
    )
}

/// See the module.
pub struct Stage {
    /// The address of the api.
    address: String,
    ground: Ground,
    /// For database queries only.
    kernel: Kernel,
    /// The api process.
    pub api: Process,
    /// The worker process, once it is started.
    pub worker: Option<Process>,
    /// The peaks of exited processes, as returned by [`Self::memory_mb`].
    peak_mb: (f64, f64),
}

/// Events that were posted, with a response for each.
pub struct Posts {
    /// When the first was posted.
    pub begin: Instant,
    /// When the last response arrived.
    pub end: Instant,
    /// The median latency, in milliseconds.
    pub p50_ms: f64,
    starts: Arc<Vec<OnceLock<Instant>>>,
}

impl Posts {
    /// When the POST of this event started.
    pub fn start(&self, index: usize) -> Result<Instant> {
        let start = self.starts.get(index).and_then(OnceLock::get);
        start.copied().with_context(|| format!("event {index} was never posted"))
    }
}

impl Stage {
    /// Opens a new database and starts the api, without a worker.
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

    /// Sends SIGKILL to api and worker.
    pub fn kill(&mut self) -> Result<()> {
        self.peak_mb = self.memory_mb()?;
        self.api.sigkill();
        // Dropped, which kills it.
        self.worker = None;
        Ok(())
    }

    /// Restarts api and worker.
    pub async fn start_again(&mut self) -> Result<()> {
        self.api = self.ground.process(&["serve", "--listen", &self.address], "http://").await?;
        self.work().await
    }

    /// Creates a key of an organization.
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

    /// Posts this number of events, numbered from 0; one every `pause`, unless that is zero.
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

    /// Posts a few events, and clears them from the sink. Returns their number.
    pub async fn warm_up(&self, key: &str, sink: &Sink, endpoints: usize) -> Result<usize> {
        self.post(key, WARMING, Duration::ZERO).await?;
        sink.arrived(WARMING * endpoints).await?;
        self.written(sink).await?;
        sink.forget();
        Ok(WARMING)
    }

    /// Returns when every attempt that reached the sink is stored.
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

    /// Checks that each endpoint of the sink has this number of deliveries, all successful at the first attempt and
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

    /// Returns the numbers of the events with an attempt that is not stored as sent, once the database is idle.
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

    /// The peak memory of api and worker: with shared pages (those of their program) counted once, and as the plain
    /// sum.
    pub fn memory(&self, name: &str) -> Result<[Figure; 2]> {
        let (once, added) = self.memory_mb()?;
        let figure = |what: &str, mb, goal| Figure::new(format!("webhooks: {name}, {what}"), mb, "MB", goal);
        Ok([
            figure("api + worker", once, Goal::AtMost(64.0)),
            figure("api + worker, what both have counted twice", added, Goal::None),
        ])
    }

    /// With shared pages counted once, and as the plain sum.
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

/// The stored deliveries of an endpoint.
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
