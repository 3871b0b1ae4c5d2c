//! The server: connections, TLS, timeouts, shutdown.

mod accept;
mod activity;
mod answering;
mod connection;
mod cors;
mod headers;
mod host_check;
mod limiter;
mod streams;
mod tls;
mod watched;

pub use cors::Cors;
pub use headers::Secured;
pub use host_check::HostCheck;
pub use tls::Tls;

use accept::Accept;
use activity::{Activity, Patience};
use connection::{Accepted, Connection};
use limiter::ConnectionLimiter;
use platform::config::Http;
use poem::{Endpoint, Response};
use std::{io, sync::Arc};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Serves until `shutdown`; then accepts no more connections, finishes requests in flight within `http.drain`, and
/// closes the rest. Fails if the listener has no address any more, or the TLS files are unusable.
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
        patience: patience(settings),
        stop: shutdown.clone(),
    });
    let accepting = accept_all(Accept::new(listener), settings, |stream, accepted| {
        let (connection, cut) = (connection.clone(), cut.clone());
        connections.spawn(async move { cut.run_until_cancelled(connection.serve(stream, accepted)).await });
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

/// Serves each connection with its permit. Closes the listener when dropped.
async fn accept_all(mut accept: Accept, settings: &Http, serve: impl Fn(TcpStream, Accepted)) {
    let (limiter, patience) = (ConnectionLimiter::new(settings), patience(settings));
    loop {
        let (stream, peer) = accept.next().await;
        let activity = Arc::new(Activity::new(patience));
        let permit = limiter.acquire(peer.ip().to_canonical(), activity.clone());
        serve(stream, Accepted { peer, activity, permit });
    }
}

const fn patience(settings: &Http) -> Patience {
    Patience { read: settings.read_timeout, idle: settings.idle_timeout }
}
