//! The state shared by all requests.

use crate::{outage_watch::OutageWatch, watch::JobWatcher};
use kernel::{
    Kernel,
    auth::Authenticator,
    limits::{InFlight, KeyedMutex, Limiter},
};
use platform::Result;
#[cfg(test)]
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The state of the api process, shared by all requests.
pub struct App {
    /// The kernel's handles.
    pub kernel: Kernel,
    /// The authenticator.
    pub authenticator: Authenticator,
    /// The rate limits.
    pub limiter: Limiter,
    /// The limits of concurrent requests.
    pub in_flight: InFlight<String>,
    /// Large and invalid bodies are processed one at a time per caller.
    pub body_locks: KeyedMutex<String>,
    /// Long polling of jobs.
    pub jobs: JobWatcher,
    /// Logs outages of the database.
    pub outage: OutageWatch,
}

impl App {
    /// `shutdown` ends all waiting for jobs. Must be called within a tokio runtime.
    pub fn new(kernel: Kernel, shutdown: CancellationToken) -> Result<Self> {
        let authenticator = Authenticator::start(kernel.clone(), shutdown.clone());
        let jobs = JobWatcher::start(kernel.db.clone(), shutdown.clone());
        let outage = OutageWatch::start(kernel.db.clone(), shutdown);
        let limiter = Limiter::open(&kernel.settings)?;
        let in_flight = InFlight::new(kernel.settings.limits.in_flight);
        let body_locks = KeyedMutex::default();
        Ok(Self { kernel, authenticator, limiter, in_flight, body_locks, jobs, outage })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use platform::{Clock, config::Settings};

    /// An app without a usable database.
    pub async fn app() -> Arc<App> {
        let mut settings = Settings::default();
        settings.database.url = "sqlite::memory:".into();
        let kernel = Kernel::open(settings, Clock::system(), &kernel::enqueuer::Outbox).await.unwrap();
        Arc::new(App::new(kernel, CancellationToken::new()).unwrap())
    }
}
