//! What the contracts and the jobs share: the rules, the ledger, the ways to the database and to Redis.
//! Nothing here serves HTTP (poem) or knows of the worker's framework (apalis).

pub mod auth;
pub mod batcher;
pub mod clock;
pub mod config;
pub mod contracts;
pub mod db;
pub mod domain;
pub mod enqueuer;
pub mod error;
pub mod events;
pub mod files;
mod hex;
pub mod idempotency;
pub mod import_file;
pub mod job_control;
pub mod jobs;
pub mod json;
pub mod ledger;
pub mod limits;
pub mod mail;
pub mod mail_address;
pub mod metrics;
pub mod notify;
pub mod open_files;
pub mod outbound;
pub mod published;
pub mod redis_servers;
pub mod redis_url;
pub mod retry;
mod rows;
pub mod scrape;
pub mod tls;
pub mod trace;
pub mod transport;
pub mod unit_of_work;
pub mod vault;
pub mod wire;
pub mod zone;

pub use clock::Clock;
pub use db::Db;
pub use error::{Error, Result};
pub use unit_of_work::UnitOfWork;

use config::Settings;
use domain::{organizations::Zones, paging::Positions};
use enqueuer::{Enqueuer, Publish};
use limits::InFlight;
use mail::Mailer;
use std::sync::Arc;
use transport::Transport;
use vault::Vault;

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
    pub outbound: outbound::Client,
    /// Enqueues jobs that need no transaction of the caller's, many callers to a commit.
    pub enqueuer: Enqueuer,
    /// Where in the long lists rows are, as far as this process knows.
    pub positions: Positions,
    /// The time zones of organizations, for what is only shown.
    pub zones: Zones,
}

impl Kernel {
    /// Opens the database and the transport that the settings name; neither has to be up yet.
    /// Events that are recorded by themselves take the shorter way, if it will. Must be called within a tokio runtime.
    pub async fn open(settings: Settings, clock: Clock, publish: &'static dyn Publish) -> Result<Self> {
        Box::pin(Self::with(Arc::new(settings), clock, transport::open, publish)).await
    }

    /// The same for a command that works beside the platform: what it enqueues and records reaches the platform's
    /// workers at once.
    pub async fn open_beside(
        settings: Settings,
        clock: Clock,
        publish: &'static dyn Publish,
    ) -> Result<Self> {
        Box::pin(Self::with(Arc::new(settings), clock, transport::open_beside, publish)).await
    }

    async fn with(
        settings: Arc<Settings>,
        clock: Clock,
        transport: impl FnOnce(&Settings) -> Result<Arc<dyn Transport>>,
        publish: &'static dyn Publish,
    ) -> Result<Self> {
        files::tidy(&settings);
        let db = Db::open(&settings).await?;
        let transport = transport(&settings)?;
        let vault = Arc::new(Vault::new(&settings));
        let mailer = Arc::new(Mailer::open(&settings)?);
        let enqueuer = Enqueuer::start(db.clone(), transport.clone(), clock.clone(), publish);
        let claims = InFlight::new(1);
        let outbound = outbound::Client::new(&settings.outbound);
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
