//! The HTTP side: contracts side by side over one kernel. Handlers only translate.

mod contracts;
mod document;
mod edge;
mod schema;
mod state;
mod types;
mod upload;
mod watch;

use contracts::{partner::Partner, vendor::Vendor};
use edge::{Accept, Contract, Edge, Mounts};
use kernel::Kernel;
use poem::{EndpointExt, Server};
use state::App;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Everything that is served: a contract a line, its document beside it.
fn routes(app: &Arc<App>) -> Mounts {
    Mounts::default()
        .at("/partner/openapi.json", document::endpoint(Partner.document()))
        .at("/partner", Edge::new(app.clone(), Partner, contracts::partner::service()))
        .at("/vendor/openapi.json", document::endpoint(Vendor.document()))
        .at("/vendor", Edge::new(app.clone(), Vendor, contracts::vendor::service()))
}

/// Serves until `shutdown`, then finishes requests in flight for at most `http.drain`.
/// Fails when the listener has no address any more.
pub async fn serve(
    kernel: Kernel,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let drain = kernel.settings.http.drain;
    let app = Arc::new(App::new(kernel, shutdown.clone()).map_err(std::io::Error::other)?);
    let routes = routes(&app).data(app.clone());
    let server = Server::new_with_acceptor(Accept::new(listener)?);
    let ended = server.run_with_graceful_shutdown(routes, shutdown.cancelled_owned(), Some(drain)).await;
    app.authenticator.close().await;
    ended
}

/// The contracts that are mounted.
static CONTRACTS: [&dyn Contract; 2] = [&Partner, &Vendor];

/// The names of all contracts that are mounted; each is served at `/` and its name.
pub fn contracts() -> impl Iterator<Item = &'static str> {
    CONTRACTS.iter().map(|contract| contract.name())
}

/// The finished `OpenAPI` document of a contract (`partner`, …), as pretty JSON; none if there is no such
/// contract.
pub fn openapi(contract: &str) -> Option<String> {
    let found = CONTRACTS.iter().find(|known| known.name() == contract)?;
    Some(found.document().text().to_owned())
}
