//! The way from the listener to the endpoints and back: connections, TLS, time limits, stopping.

mod accept;
mod activity;
mod answering;
mod connection;
mod cors;
mod headers;
mod tls;
mod watched;

pub use cors::Cors;
pub use headers::Secured;
pub use tls::Tls;

use accept::Accept;
use connection::Connection;
use kernel::config::Http;
use poem::{Endpoint, Response};
use std::{io, sync::Arc};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Serves until `shutdown`; then takes no more connections, lets requests in flight end for at most
/// `http.drain`, and cuts what is left. Fails when the listener has no address any more, or the files of TLS
/// cannot be used.
pub async fn run(
    listener: TcpListener,
    app: impl Endpoint<Output = Response> + 'static,
    settings: &Http,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let (connections, cut) = (TaskTracker::new(), CancellationToken::new());
    let connection = Arc::new(Connection {
        app,
        tls: Tls::open(settings)?,
        local: listener.local_addr()?,
        read_timeout: settings.read_timeout,
        stop: shutdown.clone(),
    });
    let accepting = accept_all(Accept::new(listener), settings.max_connections, |stream, peer, place| {
        let (connection, cut) = (connection.clone(), cut.clone());
        connections.spawn(async move {
            cut.run_until_cancelled(connection.serve(stream, peer)).await;
            drop(place);
        });
    });
    shutdown.run_until_cancelled(accepting).await;
    connections.close();
    if tokio::time::timeout(settings.drain, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "cutting connections that did not end in time");
        cut.cancel();
        connections.wait().await;
    }
    Ok(())
}

/// Hands over each connection with its place among those that may be open. Without a free place, the next
/// waits in the system's queue.
async fn accept_all(
    mut accept: Accept,
    places: usize,
    serve: impl Fn(tokio::net::TcpStream, std::net::SocketAddr, tokio::sync::OwnedSemaphorePermit),
) {
    let places = Arc::new(Semaphore::new(places));
    while let Ok(place) = places.clone().acquire_owned().await {
        let (stream, peer) = accept.next().await;
        serve(stream, peer, place);
    }
}
