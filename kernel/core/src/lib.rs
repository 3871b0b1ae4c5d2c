//! What domains and contracts share: the unit of work, events and their outbox, authentication, limits, and the handles
//! that everything works with ([`Kernel`]). It depends on no domain, and not on the delivery of webhooks.

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

/// The handles that a request or a job works with. Cheap to clone.
#[derive(Clone)]
pub struct Kernel {
    /// The ways to the database.
    pub db: Db,
    /// Where job ids are handed to workers.
    pub transport: Arc<dyn Transport>,
    /// What time it is.
    pub clock: Clock,
    /// The effective settings.
    pub settings: Arc<Settings>,
    /// Seals what is kept secret in the database.
    pub vault: Arc<Vault>,
    /// Sends e-mail.
    pub mailer: Arc<Mailer>,
    /// The idempotency keys whose requests this process works on.
    pub claims: InFlight<idempotency::Scope>,
    /// The one way out to addresses that customers name.
    pub outbound: platform::outbound::Client,
    /// Enqueues jobs that need no transaction of the caller's, many callers to a commit.
    pub enqueuer: Enqueuer,
    /// Where in the long lists rows are, as far as this process knows.
    pub positions: Positions,
    /// The time zones of organizations, for what is only shown.
    pub zones: Zones,
}

impl Kernel {
    /// Opens the database and the transport that the settings name; neither has to be up yet.
    /// `publish` publishes single events without the outbox. Must be called within a tokio runtime.
    pub async fn open(settings: Settings, clock: Clock, publish: &'static dyn Publish) -> Result<Self> {
        Box::pin(Self::with(Arc::new(settings), clock, engine::transport::open, publish)).await
    }

    /// The same for a command that works beside the platform: what it enqueues and records reaches the platform's
    /// workers at once.
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
