//! What every request can reach.

use crate::watch::Hub;
use kernel::{Kernel, auth::Authenticator};
#[cfg(test)]
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The state of the api process, shared by all requests.
pub struct App {
    /// The ways to the database and the transport, the clock, the settings.
    pub kernel: Kernel,
    /// Who calls.
    pub authenticator: Authenticator,
    /// Lets requests wait for jobs.
    pub jobs: Hub,
}

impl App {
    /// With `shutdown` what waits for jobs ends early. Must be called within a tokio runtime.
    pub fn new(kernel: Kernel, shutdown: CancellationToken) -> Self {
        let trusted_for = kernel.settings.http.key_cache;
        let authenticator = Authenticator::new(kernel.db.clone(), trusted_for);
        let jobs = Hub::start(kernel.db.clone(), shutdown);
        Self { kernel, authenticator, jobs }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use kernel::{Clock, config::Settings};

    /// An app that has no database to speak of.
    pub async fn app() -> Arc<App> {
        let mut settings = Settings::default();
        settings.database.url = "sqlite::memory:".into();
        let kernel = Kernel::open(settings, Clock::system()).await.unwrap();
        Arc::new(App::new(kernel, CancellationToken::new()))
    }
}
