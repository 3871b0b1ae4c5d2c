//! The HTTP side: all contracts over one kernel. Handlers only translate.

mod contracts;

pub use partner::{CSV_TEMPLATE, NDJSON_TEMPLATE};

use edge::{
    AtRoot, Contract, Edge, Hosts, Mounts, document,
    pages::{self, Asset, Local, Metrics, Readiness, Resource},
    server::{self, Cors, HostCheck, Secured},
    state::App,
};
use kernel::Kernel;
use platform::config::{Http, Settings};
use poem::{Endpoint, EndpointExt, Response};
use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Maximum number of connections to the listener of metrics and health.
const MONITORS: usize = 128;

/// Everything that is served: each contract below its name, with its document and the document's page, and at the root
/// of its own host, if it has one.
fn routes(app: &Arc<App>, local: SocketAddr, shutdown: &CancellationToken) -> Hosts {
    let (settings, ready) =
        (&app.kernel.settings, Arc::new(Readiness::new(app.kernel.clone(), shutdown.clone())));
    let mut mounts = assets(health(&ready));
    if metrics_beside(settings, local) {
        mounts = mounts.at("/metrics", Resource(Local(Metrics::new(app.kernel.clone()))));
    }
    let mut hosts = vec![];
    for contract in contracts::ALL {
        let edge = Arc::new(Edge::new(app.clone(), contract, contract.service(&app.kernel)));
        let below = |path| format!("{}/{path}", contract.mount());
        mounts = mounts
            .at(below("openapi.json"), Resource(document::endpoint(contract.document().text())))
            .at(below("docs"), Resource(pages::docs(contract, &below("openapi.json"))))
            .at(contract.mount(), edge.clone());
        if let Some(host) = settings.http.hosts.get(contract.name()) {
            hosts.push((host, at_root(contract, edge, &ready)));
        }
    }
    let mounts =
        mounts.at("/docs", Resource(pages::landing(&contracts::ALL))).at("", pages::root(&contracts::ALL));
    hosts.into_iter().fold(Hosts::any(mounts), |all, (host, mounts)| all.at(host, mounts))
}

/// A contract at the root of its host.
fn at_root(
    contract: &dyn Contract,
    edge: impl Endpoint<Output = Response> + 'static,
    ready: &Arc<Readiness>,
) -> Mounts {
    assets(health(ready))
        .at("/openapi.json", Resource(document::endpoint(contract.document().text_at_root())))
        .at("/docs", Resource(pages::docs(contract, "/openapi.json")))
        .at("", AtRoot { inner: edge, mount: contract.mount() })
}

fn health(ready: &Arc<Readiness>) -> Mounts {
    Mounts::default().at("/healthz", Resource(pages::alive())).at("/readyz", Resource(ready.clone()))
}

fn assets(mounts: Mounts) -> Mounts {
    Asset::ALL.into_iter().fold(mounts, |mounts, asset| mounts.at(asset.path(), Resource(asset)))
}

/// Whether metrics are served with the API, to this machine only, as they have no listener of their own.
fn metrics_beside(settings: &Settings, local: SocketAddr) -> bool {
    let alone = local.ip().to_canonical().is_loopback() && settings.http.trusted_proxies.is_empty();
    alone && settings.metrics.listen.is_none()
}

/// Serves metrics and health until dropped, also during shutdown, when the process is no longer ready. Always without
/// TLS.
pub async fn monitor(kernel: Kernel, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
    let settings = Http {
        tls_certificate: PathBuf::new(),
        tls_key: PathBuf::new(),
        max_connections: MONITORS,
        max_connections_per_address: MONITORS,
        ..kernel.settings.http.clone()
    };
    let ready = Arc::new(Readiness::new(kernel.clone(), shutdown));
    let routes = health(&ready).at("/metrics", Resource(Metrics::new(kernel)));
    server::run(listener, HostCheck(routes), &settings, CancellationToken::new()).await
}

/// Serves until `shutdown`, then finishes requests in flight within `http.drain`. Fails if the listener has no address
/// any more, or with an error of [`check`].
pub async fn serve(kernel: Kernel, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
    let (settings, local) = (kernel.settings.clone(), listener.local_addr()?);
    let app = Arc::new(App::new(kernel, shutdown.clone()).map_err(io::Error::other)?);
    for contract in settings.http.hosts.contracts().filter(|host| contracts().all(|served| served != *host)) {
        tracing::warn!(contract, "http.hosts has a name for a contract that is not served");
    }
    let routes = HostCheck(routes(&app, local, &shutdown)).data(app.clone());
    let answering = Secured(Cors::new(routes, settings.http.cors_origins.clone()));
    let ended = server::run(listener, answering, &settings.http, shutdown).await;
    app.authenticator.close().await;
    ended
}

/// Checks that [`serve`] can use the settings: the TLS files exist and match. The error names the setting.
pub fn check(settings: &Settings) -> io::Result<()> {
    server::Tls::open(&settings.http).map(drop)
}

/// The names of all mounted contracts; each is served at `/` and its name, and at the root of its host, if any.
pub fn contracts() -> impl Iterator<Item = &'static str> {
    contracts::ALL.iter().map(|contract| contract.name())
}

/// The event types that webhooks of the partner contract can subscribe to.
pub fn event_types() -> impl Iterator<Item = &'static str> {
    partner::EventType::ALL.iter().map(|kind| kind.as_str())
}

/// The finished `OpenAPI` document of a contract (`partner`, …), as pretty JSON; `None` for an unknown contract.
pub fn openapi(contract: &str) -> Option<String> {
    let found = contracts::ALL.iter().find(|known| known.name() == contract)?;
    Some(found.document().text().to_owned())
}
