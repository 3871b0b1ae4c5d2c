//! What every request can reach.

use crate::watch::Hub;
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
    /// The ways to the database and the transport, the clock, the settings.
    pub kernel: Kernel,
    /// Who calls.
    pub authenticator: Authenticator,
    /// How much a caller may ask.
    pub limiter: Limiter,
    /// How much a caller may ask at once.
    pub in_flight: InFlight<String>,
    /// Large and invalid bodies are processed one at a time per caller.
    pub body_locks: KeyedMutex<String>,
    /// Lets requests wait for jobs.
    pub jobs: Hub,
}

impl App {
    /// With `shutdown` what waits for jobs ends early. Must be called within a tokio runtime.
    pub fn new(kernel: Kernel, shutdown: CancellationToken) -> Result<Self> {
        let authenticator = Authenticator::start(kernel.clone(), shutdown.clone());
        let jobs = Hub::start(kernel.db.clone(), shutdown);
        let limiter = Limiter::open(&kernel.settings)?;
        let in_flight = InFlight::new(kernel.settings.limits.in_flight);
        Ok(Self { kernel, authenticator, limiter, in_flight, body_locks: KeyedMutex::default(), jobs })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use platform::{Clock, config::Settings};

    /// An app that has no database to speak of.
    pub async fn app() -> Arc<App> {
        let mut settings = Settings::default();
        settings.database.url = "sqlite::memory:".into();
        let kernel = Kernel::open(settings, Clock::system(), &kernel::enqueuer::Outbox).await.unwrap();
        Arc::new(App::new(kernel, CancellationToken::new()).unwrap())
    }
}
