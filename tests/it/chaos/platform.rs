//! A scaled platform of real processes, with servers of its own that a test may kill.

use crate::app::{Caller, KEY, csv};
use anyhow::{Context, Result, ensure};
use harness::{Postgres, Process, RedisServer, until};
use kernel::{
    Kernel,
    auth::keys::{self, NewKey},
};
use platform::{
    Clock,
    config::{Settings, Sources, load},
};
use serde_json::Value;
use std::{sync::LazyLock, time::Duration};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Rows of an import.
pub const ROWS: usize = 20_000;
/// How long an import may take with everything that is done to it.
pub const PATIENCE: Duration = Duration::from_mins(3);

/// Two cores carry two platforms at a time, not nine.
static PLACES: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

/// See the module.
pub struct Platform {
    pub postgres: Postgres,
    pub redis: RedisServer,
    pub api: Process,
    pub workers: Vec<Process>,
    address: String,
    environment: Vec<(String, String)>,
    key: String,
    client: reqwest::Client,
    _folder: tempfile::TempDir,
    _place: SemaphorePermit<'static>,
}

impl Platform {
    /// Servers, a migrated database, one api, and so many workers. Chunks are small and each worker does
    /// one at a time, so that there is a middle of the run to kill something in.
    pub async fn start(workers: usize) -> Result<Self> {
        let place = PLACES.acquire().await?;
        let (postgres, redis, folder) = (Postgres::start()?, RedisServer::start()?, tempfile::tempdir()?);
        let variable = |name: &str, value: String| (name.to_owned(), value);
        let environment = vec![
            variable("DATABASE_URL", postgres.create_database()?),
            variable("REDIS_URL", redis.url()),
            variable("SWITCHYARD_SECRETS_KEY", KEY.into()),
            variable("SWITCHYARD_DATA", folder.path().display().to_string()),
            variable("SWITCHYARD_PLANS_PARTNER_STARTER_MINUTE", "1000000".into()),
            variable("SWITCHYARD_PLANS_PARTNER_STARTER_DAY", "1000000".into()),
            variable("SWITCHYARD_BULK_ROWS_PER_CHUNK", "20".into()),
            variable("SWITCHYARD_JOBS_BULK_IMPORT_CHUNK_CONCURRENCY", "1".into()),
            variable("SWITCHYARD_INVOICES_ENABLED", "false".into()),
            variable("SWITCHYARD_INVOICES_BATCH", "5".into()),
            variable("SWITCHYARD_JOBS_INVOICE_CONCURRENCY", "1".into()),
            variable("SWITCHYARD_OUTBOUND_ALLOW_HTTP", "true".into()),
            variable("SWITCHYARD_OUTBOUND_ALLOWED_NETWORKS", "127.0.0.0/8".into()),
            variable("SWITCHYARD_WEBHOOKS_SCHEDULE", "0s,1s,1s,1s".into()),
        ];
        let kernel = kernel(&environment).await?;
        kernel.db.migrate().await?;
        let key = keys::create(&kernel, NewKey::plain("chaos", "partner", "chaos")).await?.secret;
        let address = format!("127.0.0.1:{}", harness::free_port());
        let api = spawn(&environment, &["serve", "--listen", &address], "listening on").await?;
        let client = reqwest::Client::builder().timeout(Duration::from_mins(1)).build()?;
        let mut platform = Self {
            postgres,
            redis,
            api,
            workers: vec![],
            address,
            environment,
            key,
            client,
            _folder: folder,
            _place: place,
        };
        for _ in 0..workers {
            platform.add_worker().await?;
        }
        Ok(platform)
    }

    /// One more worker process.
    pub async fn add_worker(&mut self) -> Result<()> {
        self.workers.push(spawn(&self.environment, &["work"], "working on").await?);
        Ok(())
    }

    /// The api again, at the same address.
    pub async fn restart_api(&mut self) -> Result<()> {
        self.api = spawn(&self.environment, &["serve", "--listen", &self.address], "listening on").await?;
        Ok(())
    }

    /// What its processes were told.
    pub fn settings(&self) -> Result<Settings> {
        settings(&self.environment)
    }

    /// Handles in this process.
    pub async fn kernel(&self) -> Result<Kernel> {
        kernel(&self.environment).await
    }

    /// A caller of the organization whose imports these are.
    pub fn caller(&self) -> Caller {
        Caller::with_client(self.client.clone(), &format!("http://{}/partner", self.address), &self.key)
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/partner/api/v1/bulk{path}", self.address)
    }

    /// Uploads the file; the import's id once it is accepted.
    pub async fn begin_import(&self) -> Result<String> {
        let upload = self.client.post(self.url("/customers/file")).header("x-api-key", &self.key);
        let answer = upload.header("content-type", "text/csv").body(csv(ROWS)).send().await?;
        ensure!(answer.status() == 202, "{}: {}", answer.status(), answer.text().await?);
        let job: Value = answer.json().await?;
        Ok(job["data"]["id"].as_str().context("no id")?.to_owned())
    }

    /// The import as returned by a poll; `None` during an outage.
    pub async fn poll(&self, import: &str) -> Option<Value> {
        let poll = self.client.get(self.url(&format!("/jobs/{import}"))).header("x-api-key", &self.key);
        let answer = poll.send().await.ok()?.error_for_status().ok()?;
        answer.json::<Value>().await.ok().map(|mut body| body["data"].take())
    }

    /// Returns when so many rows have been looked at; fails if it was all over before.
    pub async fn processed(&self, import: &str, rows: u64) -> Result<()> {
        let job = until("the import is under way", PATIENCE, async || {
            let job = self.poll(import).await;
            Ok(job.filter(|job| job["progress"]["processed"].as_u64() >= Some(rows)))
        })
        .await?;
        ensure!(job["completedAt"].is_null(), "the import ended before anything could be killed");
        Ok(())
    }

    /// Whether the import has ended.
    pub async fn has_ended(&self, import: &str) -> bool {
        self.poll(import).await.is_some_and(|job| !job["completedAt"].is_null())
    }

    /// Waits for the end, and checks that every row is in exactly once, with one event.
    pub async fn completed(&self, import: &str) -> Result<()> {
        let job = until("the import has ended", PATIENCE, async || {
            Ok(self.poll(import).await.filter(|job| !job["completedAt"].is_null()))
        })
        .await?;
        ensure!(job["status"] == "COMPLETED" && job["progress"]["succeeded"] == ROWS, "{job}");
        let counts = "with told as (select resource_id from events where resource = 'customer')
            select count(*), count(distinct email_key), (select count(*) from told),
            (select count(distinct resource_id) from told) from customers";
        let counts = self.sql(counts)?;
        ensure!(counts.trim() == format!("{ROWS}|{ROWS}|{ROWS}|{ROWS}"), "customers and events: {counts}");
        let open = self.sql("select count(*) from jobs where finished_at is null")?;
        ensure!(open.trim() == "0", "{open} jobs are left open");
        Ok(())
    }

    /// All processes of ours are still the ones that were started.
    pub fn nobody_exited(&self) -> Result<()> {
        let all = self.workers.iter().chain([&self.api]);
        for process in all {
            ensure!(process.is_running(), "a process exited: {}", process.log());
        }
        Ok(())
    }

    /// Returns when the worker has no job under its name any more; fails if that takes more than 20 s.
    pub async fn taken_over(&self, worker: &Process) -> Result<()> {
        let of_worker = format!("state = 'running' and worker like '%:{}:%'", worker.pid());
        let held = format!("select count(*) from jobs where {of_worker}");
        let none_held = async || Ok((self.sql(&held)?.trim() == "0").then_some(()));
        until("its jobs are taken over", Duration::from_secs(20), none_held).await
    }

    /// All jobs were finished or released by their workers.
    pub fn no_lease_lost(&self) -> Result<()> {
        let lost = self.sql("select coalesce(sum(lost_leases), 0) from jobs")?;
        ensure!(lost.trim() == "0", "{lost} leases ran out: jobs were neither finished nor given back");
        Ok(())
    }

    /// What a statement answers, through psql.
    pub fn sql(&self, statement: &str) -> Result<String> {
        let database = self.environment[0].1.rsplit('/').next().context("no database")?.to_owned();
        self.postgres.sql(&database, statement)
    }
}

async fn kernel(environment: &[(String, String)]) -> Result<Kernel> {
    Ok(Kernel::open(settings(environment)?, Clock::system(), &webhooks::DirectPublish).await?)
}

fn settings(environment: &[(String, String)]) -> Result<Settings> {
    Ok(load(Sources { environment: environment.to_vec(), ..Sources::default() })?.settings)
}

async fn spawn(environment: &[(String, String)], args: &[&str], ready: &str) -> Result<Process> {
    let binary = env!("CARGO_BIN_EXE_switchyard");
    let process = Process::builder(binary).args(args).envs(environment.to_vec()).start()?;
    process.wait_for_line(ready, Duration::from_mins(1)).await?;
    Ok(process)
}
