//! What domains and contracts share: the unit of work, events and their outbox, authentication, limits, and common
//! handles ([`Kernel`]). It depends on no domain, and not on webhooks.

pub mod auth;
pub mod contracts;
pub mod enqueuer;
pub mod events;
pub mod idempotency;
pub mod job_control;
pub mod limits;
pub mod notify;
pub mod organizations;
pub mod published;
pub mod scrape;
pub mod unit_of_work;

pub use unit_of_work::UnitOfWork;

use engine::transport::Transport;
use enqueuer::{Enqueuer, Publish};
use limits::InFlight;
use organizations::Zones;
use platform::{Clock, Db, Result, config::Settings, mail::Mailer, paging::Positions, vault::Vault};
use std::sync::Arc;

/// The handles of a request or a job. Cheap to clone.
#[derive(Clone)]
pub struct Kernel {
    /// The database.
    pub db: Db,
    /// The transport of job ids to workers.
    pub transport: Arc<dyn Transport>,
    /// The clock.
    pub clock: Clock,
    /// The effective settings.
    pub settings: Arc<Settings>,
    /// Encrypts secrets in the database.
    pub vault: Arc<Vault>,
    /// Sends e-mail.
    pub mailer: Arc<Mailer>,
    /// The idempotency keys of requests in progress in this process.
    pub claims: InFlight<idempotency::Scope>,
    /// The client for URLs given by customers.
    pub outbound: platform::outbound::Client,
    /// The group commit.
    pub enqueuer: Enqueuer,
    /// The offset indexes of long lists.
    pub positions: Positions,
    /// The time zones of organizations, for display only.
    pub zones: Zones,
}

impl Kernel {
    /// Opens the configured database and transport, which need not be available yet. `publish` publishes single events
    /// without the outbox. Must be called within a tokio runtime.
    pub async fn open(settings: Settings, clock: Clock, publish: &'static dyn Publish) -> Result<Self> {
        Box::pin(Self::with(Arc::new(settings), clock, engine::transport::open, publish)).await
    }

    /// [`Self::open`] for a command next to a running platform, whose workers are notified of enqueued jobs and events
    /// immediately.
    pub async fn open_beside(
        settings: Settings,
        clock: Clock,
        publish: &'static dyn Publish,
    ) -> Result<Self> {
        Box::pin(Self::with(Arc::new(settings), clock, engine::transport::open_beside, publish)).await
    }

    async fn with(
        settings: Arc<Settings>,
        clock: Clock,
        transport: impl FnOnce(&Settings) -> Result<Arc<dyn Transport>>,
        publish: &'static dyn Publish,
    ) -> Result<Self> {
        platform::files::tidy(&settings);
        let db = Db::open(&settings).await?;
        let transport = transport(&settings)?;
        let vault = Arc::new(Vault::new(&settings));
        let mailer = Arc::new(Mailer::open(&settings)?);
        let enqueuer = Enqueuer::start(db.clone(), transport.clone(), clock.clone(), publish);
        let claims = InFlight::new(1);
        let outbound = platform::outbound::Client::new(&settings.outbound);
        Ok(Self {
            db,
            transport,
            clock,
            settings,
            vault,
            mailer,
            claims,
            outbound,
            enqueuer,
            positions: Positions::default(),
            zones: Zones::default(),
        })
    }
}
