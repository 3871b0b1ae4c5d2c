//! One connection: TLS where it is on, then HTTP/1.1 or HTTP/2 until either side has had enough.

use super::{
    Tls,
    activity::{Activity, Overdue},
    answering::{Answering, Asked, without_body},
    watched::Watched,
};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use poem::{
    Endpoint, Request, Response,
    http::{HeaderValue, Method, StatusCode, Version, header, uri::Scheme},
    web::{LocalAddr, RemoteAddr},
};
use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

/// Largest head of a request in HTTP/2, in bytes.
const LARGEST_HEAD: u32 = 16 << 10;

/// What all connections share.
pub struct Connection<E> {
    /// What answers.
    pub app: E,
    /// The certificate, if there is one.
    pub tls: Option<Tls>,
    /// Where the listener is.
    pub local: SocketAddr,
    /// How long a handshake, and the head of a request, may take.
    pub read_timeout: Duration,
    /// Ends connections once their requests are answered.
    pub stop: CancellationToken,
}

impl<E: Endpoint<Output = Response> + 'static> Connection<E> {
    /// Serves one to its end.
    pub async fn serve(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let Some(tls) = &self.tls else { return self.talk(stream, peer, Scheme::HTTP).await };
        match tokio::time::timeout(self.read_timeout, tls.shake_hands(stream)).await {
            Ok(Ok(stream)) => self.talk(stream, peer, Scheme::HTTPS).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS"),
            Err(_) => tracing::debug!(%peer, "the TLS handshake took too long"),
        }
    }

    async fn talk<Io>(self: &Arc<Self>, io: Io, peer: SocketAddr, scheme: Scheme)
    where
        Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Arc::new(Activity::new(self.read_timeout));
        let mut builder = Builder::new(TokioExecutor::new());
        builder.http2().max_header_list_size(LARGEST_HEAD);
        let service = service_fn(|request: hyper::Request<Incoming>| {
            let request = (request, LocalAddr(self.local.into()), RemoteAddr(peer.into()), scheme.clone());
            self.clone().answer(request.into(), activity.clone())
        });
        let io = TokioIo::new(Watched::new(io, activity.clone()));
        let mut talk = pin!(builder.serve_connection(io, service));
        let mut closing = false;
        loop {
            tokio::select! {
                biased;
                // How a connection ends is its client's affair.
                _ = talk.as_mut() => return,
                () = self.stop.cancelled(), if !closing => {}
                overdue = activity.overdue() => match overdue {
                    Overdue::Idle if !closing => activity.closing(),
                    _ => return tracing::debug!(%peer, "cutting a connection whose client is too slow"),
                },
            }
            closing = true;
            talk.as_mut().graceful_shutdown();
        }
    }

    /// The answer to one request, which lasts until the last of its body is handed over.
    async fn answer(
        self: Arc<Self>,
        request: Request,
        activity: Arc<Activity>,
    ) -> Result<hyper::Response<Answering>, Infallible> {
        let multiplexed = request.version() >= Version::HTTP_2;
        let asked = Asked::begin(activity, multiplexed);
        let head_only = request.method() == Method::HEAD;
        let mut answer = self.app.get_response(request).await;
        if answer.status() == StatusCode::REQUEST_TIMEOUT && !multiplexed {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let answer = hyper::Response::from(if head_only { without_body(answer) } else { answer });
        Ok(answer.map(|body| Answering::new(body, asked)))
    }
}
