//! What every request can reach.

use crate::watch::Hub;
use kernel::{Kernel, auth::Authenticator};
use tokio_util::sync::CancellationToken;

/// The state of the api process, shared by all requests.
pub struct App {
    /// The ways to the database and the transport, the clock, the settings.
    pub kernel: Kernel,
    /// Who calls the partner contract.
    pub partner: Authenticator,
    /// Lets requests wait for jobs.
    pub jobs: Hub,
}

impl App {
    /// With `shutdown` what waits for jobs ends early. Must be called within a tokio runtime.
    pub fn new(kernel: Kernel, shutdown: CancellationToken) -> Self {
        let trusted_for = kernel.settings.http.key_cache;
        let partner = Authenticator::new(kernel.db.clone(), "partner", trusted_for);
        let jobs = Hub::start(kernel.db.clone(), shutdown);
        Self { kernel, partner, jobs }
    }
}
