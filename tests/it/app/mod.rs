//! The platform under test, in this process, on either pairing.

mod files;
mod hook;
mod http;
mod pairing;
mod receiver;
mod schema;
mod smtp;

pub use files::{HEADER, csv};
pub use hook::{Hook, allow_loopback, spread};
pub use http::{Answer, Caller};
pub(crate) use pairing::both;
pub use pairing::{KEY, Pairing};
pub use receiver::{Arrival, Receiver, Reply};
pub use smtp::{Mail, SmtpServer, Turn, header};

use anyhow::{Context, Result, ensure};
use engine::{
    jobs::{Job, JobKind},
    ledger::{CancelOutcome, NewJob},
};
use entities::{event, ids::JobId, job};
use harness::until;
use invoice_pdf::PdfRenderer;
use isp::{
    job_control,
    payloads::{Provisioning, SubscriptionChange},
};
use kernel::{Kernel, UnitOfWork, events::Actor};
use platform::{Clock, config::Settings};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Statement,
};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Timeout of every step, far above the duration on a slow machine.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// A platform with its own database, key prefix and folder.
pub struct TestApp {
    /// The handles of the platform.
    pub kernel: Kernel,
    /// The test's clock, shared by its clones.
    pub clock: Clock,
    _folder: tempfile::TempDir,
    workers: Vec<(CancellationToken, JoinHandle<()>)>,
}

impl TestApp {
    /// A migrated platform without workers, with settings changed by the test.
    pub async fn new(pairing: Pairing, change: impl FnOnce(&mut Settings)) -> Result<Self> {
        let mut settings = pairing.settings()?;
        // Lost work is found quickly. Leases are not shortened: no worker dies within the test's own process, and on a
        // machine that stalls for a moment, a short lease would run a job twice without any fault.
        settings.reconciler.interval = Duration::from_millis(200);
        settings.reconciler.grace = Duration::from_millis(500);
        // The same for all processes of a test.
        settings.secrets.key = KEY.into();
        // Only tests of rate limits should reach them.
        for plan in settings.plans.all_mut() {
            (plan.minute, plan.day) = (1_000_000, 1_000_000);
        }
        change(&mut settings);
        Self::with(settings).await
    }

    /// A migrated platform with these settings, in its own folder.
    pub async fn with(mut settings: Settings) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        settings.data = folder.path().to_owned();
        schema::place(&settings)?;
        platform::metrics::install();
        let clock = Clock::system();
        let kernel = Kernel::open(settings, clock.clone(), &webhooks::DirectPublish).await?;
        kernel.db.migrate().await?;
        Ok(Self { kernel, clock, _folder: folder, workers: vec![] })
    }

    /// A platform with one worker for all kinds.
    pub async fn working(pairing: Pairing) -> Result<Self> {
        let mut app = Self::new(pairing, |_| {}).await?;
        app.work();
        Ok(app)
    }

    /// Starts a worker for all kinds; [`TestApp::stop_workers`] stops it.
    pub fn work(&mut self) {
        let stop = CancellationToken::new();
        let renderer = PdfRenderer::new(&self.kernel.settings).expect("a valid template");
        let run = worker::run(self.kernel.clone(), Arc::new(renderer), worker::KINDS.to_vec(), stop.clone());
        self.workers.push((stop, tokio::spawn(run)));
    }

    /// Stops all workers, like SIGTERM.
    pub async fn stop_workers(&mut self) -> Result<()> {
        for (stop, task) in self.workers.drain(..) {
            stop.cancel();
            tokio::time::timeout(Duration::from_secs(15), task)
                .await
                .context("the worker does not end")??;
        }
        Ok(())
    }

    /// Enqueues a job.
    pub async fn enqueue(&self, job: NewJob) -> Result<JobId> {
        let id = job.id;
        ensure!(self.kernel.enqueuer.enqueue(job).await?, "an open job has this unique key");
        Ok(id)
    }

    /// Cancels a job, like the command.
    pub async fn cancel(&self, id: JobId) -> Result<CancelOutcome> {
        let work = UnitOfWork::new(self.kernel.clone(), Actor::platform());
        let outcome = job_control::cancel(&work, id).await?;
        work.commit().await?;
        Ok(outcome)
    }

    /// Retries a job manually, like the command.
    pub async fn retry_manually(&self, id: JobId) -> Result<()> {
        let work = UnitOfWork::new(self.kernel.clone(), Actor::platform());
        job_control::retry(&work, id).await?;
        Ok(work.commit().await?)
    }

    /// Returns the job's row.
    pub async fn job(&self, id: JobId) -> Result<job::Model> {
        job::Entity::find_by_id(id).one(self.kernel.db.reader()).await?.context("no such job")
    }

    /// Returns the job's row, once `is` is true for it.
    pub async fn job_when(
        &self,
        id: JobId,
        what: &str,
        is: impl Fn(&job::Model) -> bool,
    ) -> Result<job::Model> {
        until(what, PATIENCE, async || Ok(Some(self.job(id).await?).filter(|job| is(job)))).await
    }

    /// Returns the job's row, once the job has ended.
    pub async fn ended(&self, id: JobId) -> Result<job::Model> {
        self.job_when(id, "the job has ended", |job| job.state.is_final()).await
    }

    /// Number of open jobs in the ledger, without those that wait for a scheduled time.
    pub async fn open_jobs(&self) -> Result<u64> {
        use entities::job::JobState::{Queued, Retrying, Running};
        let planned = Condition::all()
            .add(job::Column::Kind.is_in([SubscriptionChange::KIND, Provisioning::KIND].map(JobKind::as_str)))
            .add(job::Column::Attempt.eq(0))
            .add(job::Column::RunAt.gt(self.clock.now()));
        let open = job::Entity::find()
            .filter(job::Column::State.is_in([Queued, Running, Retrying]))
            .filter(planned.not());
        Ok(open.count(self.kernel.db.reader()).await?)
    }

    /// Number of rows of a table.
    pub async fn count(&self, table: &str) -> Result<i64> {
        let db = self.kernel.db.reader();
        let sql =
            Statement::from_string(db.get_database_backend(), format!("select count(*) as n from {table}"));
        Ok(db.query_one_raw(sql).await?.context("no count")?.try_get("", "n")?)
    }

    /// Number of customers of all organizations.
    pub async fn customers(&self) -> Result<i64> {
        self.count("customers").await
    }

    /// The types of all events, in order.
    pub async fn events(&self) -> Result<Vec<String>> {
        let events = event::Entity::find().order_by_asc(event::Column::Id);
        Ok(events.all(self.kernel.db.reader()).await?.into_iter().map(|event| event.kind).collect())
    }

    /// Number of events about customers.
    pub async fn customer_events(&self) -> Result<usize> {
        Ok(self.events().await?.iter().filter(|kind| kind.starts_with("customer.")).count())
    }

    /// Number of ready ids in the transport. Those of cancelled jobs are void, and dropped when they are popped.
    async fn tickets(&self) -> Result<u64> {
        let mut ready = 0;
        for kind in worker::KINDS {
            ready += self.kernel.transport.depth(kind.as_str()).await?.ready;
        }
        Ok(ready)
    }

    /// Waits until no job is open and the transport is empty, and stops the workers: no test may leave work behind.
    pub async fn drain(mut self) -> Result<()> {
        let drained = async || Ok((self.open_jobs().await? + self.tickets().await? == 0).then_some(()));
        until("the queue is drained", PATIENCE, drained).await?;
        self.stop_workers().await
    }
}
