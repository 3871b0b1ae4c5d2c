//! A connection: optional TLS, then HTTP/1.1 or HTTP/2 until either side closes it.

use super::{
    Tls,
    activity::{Activity, Overdue, Patience},
    answering::{Answering, RequestInProgress, without_body},
    host_check::HealthOnly,
    limiter::ConnectionPermit,
    streams::StreamExecutor,
    watched::Watched,
};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{rt::TokioIo, server::conn::auto::Builder};
use platform::metrics::{self, Cut};
use poem::{
    Endpoint, Request, Response,
    http::{HeaderValue, Method, StatusCode, Version, header, uri::Scheme},
    web::{LocalAddr, RemoteAddr},
};
use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

/// Maximum size of a request head in HTTP/1, in bytes, with the request line.
const LARGEST_HEAD: usize = 64 << 10;
/// Maximum size in HTTP/2, as defined in RFC 9113, 6.5.2.
const LARGEST_HEADER_LIST: u32 = 16 << 10;
/// Maximum number of concurrent requests of an HTTP/2 connection.
const STREAMS: u32 = 128;

/// Shared by all connections.
pub struct Connection<E> {
    /// The endpoint.
    pub app: E,
    /// The certificate, if there is one.
    pub tls: Option<Tls>,
    /// The listener's address.
    pub local: SocketAddr,
    /// The timeouts of clients.
    pub patience: Patience,
    /// Closes connections after their requests in progress.
    pub stop: CancellationToken,
}

/// An accepted connection.
pub struct Accepted {
    /// The peer's address.
    pub peer: SocketAddr,
    /// Its activity.
    pub activity: Arc<Activity>,
    /// Its permit while it is open.
    pub permit: ConnectionPermit,
}

impl<E: Endpoint<Output = Response> + 'static> Connection<E> {
    /// Serves a connection until it ends, or is closed to make room for another.
    pub async fn serve(self: Arc<Self>, stream: TcpStream, accepted: Accepted) {
        tokio::select! {
            () = self.encrypt(stream, &accepted) => {}
            () = accepted.permit.revoked() => tracing::debug!(peer = %accepted.peer, "cutting a connection to make room"),
        }
    }

    /// With TLS, performs the handshake first.
    async fn encrypt(self: &Arc<Self>, stream: TcpStream, accepted: &Accepted) {
        let Some(tls) = &self.tls else { return self.talk(stream, accepted, Scheme::HTTP).await };
        let peer = accepted.peer;
        match tokio::time::timeout(self.patience.read, tls.shake_hands(stream)).await {
            Ok(Ok(stream)) => {
                accepted.activity.encrypted();
                self.talk(stream, accepted, Scheme::HTTPS).await;
            }
            Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS"),
            Err(_) => tracing::debug!(%peer, "the TLS handshake took too long"),
        }
    }

    async fn talk<Io>(self: &Arc<Self>, io: Io, accepted: &Accepted, scheme: Scheme)
    where
        Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (activity, peer) = (&accepted.activity, accepted.peer);
        let builder = self.builder(accepted);
        let leave = self.stop.child_token();
        let reserved = accepted.permit.is_reserved().then(|| leave.clone());
        let service = service_fn(|request: hyper::Request<Incoming>| {
            let request = (request, LocalAddr(self.local.into()), RemoteAddr(peer.into()), scheme.clone());
            self.clone().answer(request.into(), activity.clone(), reserved.clone())
        });
        let io = TokioIo::new(Watched::new(io, activity.clone()));
        let mut talk = pin!(builder.serve_connection(io, service));
        let mut closing = false;
        loop {
            tokio::select! {
                biased;
                // How a connection ends is up to the client.
                _ = talk.as_mut() => return,
                () = leave.cancelled(), if !closing => {}
                overdue = activity.overdue() => match overdue {
                    Overdue::Idle if !closing => activity.closing(),
                    _ => {
                        metrics::connection_cut(Cut::Slow);
                        return tracing::debug!(%peer, "cutting a connection whose client is too slow");
                    }
                },
            }
            closing = true;
            talk.as_mut().graceful_shutdown();
        }
    }

    /// Both versions of HTTP with their limits. Defaults: 100 headers in HTTP/1; in HTTP/2 20 pending resets of
    /// streams, and 1,024 for errors of the client.
    fn builder(&self, accepted: &Accepted) -> Builder<StreamExecutor> {
        let mut builder = Builder::new(StreamExecutor(self.patience.idle));
        builder.http1().max_buf_size(LARGEST_HEAD).keep_alive(!accepted.permit.is_reserved());
        builder.http2().max_header_list_size(LARGEST_HEADER_LIST).max_concurrent_streams(STREAMS);
        builder
    }

    /// The response to one request, which lasts until its body is sent. With a `reserved` permit it is the last one.
    async fn answer(
        self: Arc<Self>,
        mut request: Request,
        activity: Arc<Activity>,
        reserved: Option<CancellationToken>,
    ) -> Result<hyper::Response<Answering>, Infallible> {
        let multiplexed = request.version() >= Version::HTTP_2;
        let asked = RequestInProgress::begin(activity, multiplexed);
        let head_only = request.method() == Method::HEAD;
        if let Some(leave) = reserved {
            request.extensions_mut().insert(HealthOnly);
            leave.cancel();
        }
        let mut answer = self.app.get_response(request).await;
        if answer.status() == StatusCode::REQUEST_TIMEOUT && !multiplexed {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let answer = hyper::Response::from(if head_only { without_body(answer) } else { answer });
        Ok(answer.map(|body| Answering::new(body, asked)))
    }
}
