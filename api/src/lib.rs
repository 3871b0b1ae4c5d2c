//! The HTTP side: contracts side by side over one kernel. Handlers only translate.

mod contracts;
mod document;
mod edge;
mod pages;
mod schema;
mod server;
mod state;
mod types;
mod upload;
mod watch;

use contracts::{partner::Partner, vendor::Vendor};
use edge::{Contract, Edge, Mounts};
use kernel::{
    Kernel,
    config::{Http, Settings},
};
use pages::{Asset, Metrics, Readiness, Resource};
use poem::EndpointExt;
use server::{Cors, Secured};
use state::App;
use std::{io, path::PathBuf, sync::Arc};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The contracts that are served, each below its name.
static CONTRACTS: [&dyn Contract; 2] = [&Partner, &Vendor];

/// Everything that is served: a contract a line, its document and the page of it beside it.
fn routes(app: &Arc<App>, shutdown: &CancellationToken) -> Mounts {
    let mut mounts = health(&app.kernel, shutdown);
    if app.kernel.settings.metrics.listen.is_none() {
        mounts = mounts.at("/metrics", Resource(Metrics::new(app.kernel.clone())));
    }
    for contract in CONTRACTS {
        let below = |path| format!("/{}/{path}", contract.name());
        mounts = mounts
            .at(below("openapi.json"), Resource(document::endpoint(contract.document())))
            .at(below("docs"), Resource(pages::docs(contract)));
    }
    for asset in Asset::ALL {
        mounts = mounts.at(asset.path(), Resource(asset));
    }
    mounts
        .at("/partner", Edge::new(app.clone(), Partner, contracts::partner::service()))
        .at("/vendor", Edge::new(app.clone(), Vendor, contracts::vendor::service()))
        .at("/docs", Resource(pages::landing(&CONTRACTS)))
        .at("", Resource(pages::landing(&CONTRACTS)))
}

fn health(kernel: &Kernel, shutdown: &CancellationToken) -> Mounts {
    let ready = Readiness::new(kernel.clone(), shutdown.clone());
    Mounts::default().at("/healthz", Resource(pages::alive())).at("/readyz", Resource(ready))
}

/// Serves what a monitoring system asks for, metrics and health, until it is dropped: also while the process
/// lets its last jobs end, when it is not ready any more. Without TLS, whatever the API has.
pub async fn monitor(kernel: Kernel, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
    let plain =
        Http { tls_certificate: PathBuf::new(), tls_key: PathBuf::new(), ..kernel.settings.http.clone() };
    let routes = health(&kernel, &shutdown).at("/metrics", Resource(Metrics::new(kernel)));
    server::run(listener, routes, &plain, CancellationToken::new()).await
}

/// Serves until `shutdown`, then finishes requests in flight for at most `http.drain`.
/// Fails when the listener has no address any more, or with what [`check`] says.
pub async fn serve(kernel: Kernel, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
    let settings = kernel.settings.clone();
    let app = Arc::new(App::new(kernel, shutdown.clone()).map_err(io::Error::other)?);
    let routes = routes(&app, &shutdown).data(app.clone());
    let answering = Secured(Cors::new(routes, settings.http.cors_origins.clone()));
    let ended = server::run(listener, answering, &settings.http, shutdown).await;
    app.authenticator.close().await;
    ended
}

/// Whether [`serve`] can use the settings: the files of TLS are there and fit each other. The error names
/// the setting.
pub fn check(settings: &Settings) -> io::Result<()> {
    server::Tls::open(&settings.http).map(drop)
}

/// The names of all contracts that are mounted; each is served at `/` and its name.
pub fn contracts() -> impl Iterator<Item = &'static str> {
    CONTRACTS.iter().map(|contract| contract.name())
}

/// The types of events that webhooks of the partner contract can ask for.
pub fn event_types() -> impl Iterator<Item = &'static str> {
    contracts::partner::EventType::ALL.iter().map(|kind| kind.as_str())
}

/// The finished `OpenAPI` document of a contract (`partner`, …), as pretty JSON; none if there is no such
/// contract.
pub fn openapi(contract: &str) -> Option<String> {
    let found = CONTRACTS.iter().find(|known| known.name() == contract)?;
    Some(found.document().text().to_owned())
}
