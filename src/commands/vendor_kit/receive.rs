//! Receives orders.

use super::{answers::print, order::Order};
use crate::output;
use chrono::Utc;
use poem::{
    Request, Server,
    endpoint::make,
    http::{HeaderMap, HeaderName, Method, StatusCode},
    listener::TcpAcceptor,
};
use std::{io, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::mpsc::UnboundedSender};
use tokio_util::sync::CancellationToken;

/// Maximum size of a body, larger than any order.
const MAX_BODY: usize = 1 << 20;

/// How long open responses may take at the end.
const DRAIN: Duration = Duration::from_secs(1);

/// The expected credentials.
pub(super) struct Credentials {
    /// The header with the secret.
    pub header: HeaderName,
    /// The secret; `None` accepts everything.
    pub secret: Option<String>,
}

impl Credentials {
    /// Why a request with these headers is rejected, if it is.
    fn mismatch(&self, headers: &HeaderMap) -> Option<String> {
        let secret = self.secret.as_ref()?;
        match headers.get(&self.header) {
            Some(value) if value.as_bytes() == secret.as_bytes() => None,
            Some(_) => Some(format!("the secret in {} does not match", self.header)),
            None => Some(format!("there is no header {}", self.header)),
        }
    }
}

/// See the module.
pub(super) struct Receiver {
    credentials: Credentials,
    orders: UnboundedSender<Order>,
}

impl Receiver {
    pub(super) const fn new(credentials: Credentials, orders: UnboundedSender<Order>) -> Self {
        Self { credentials, orders }
    }

    /// Receives orders until `stop`.
    pub(super) async fn run(self, listener: TcpListener, stop: CancellationToken) -> io::Result<()> {
        let receiver = Arc::new(self);
        let endpoint = make(move |request: Request| {
            let receiver = receiver.clone();
            async move {
                receiver.take(request).await.unwrap_or_else(|(status, why)| {
                    print(&format!("{}  REFUSED: {why}", output::time(Utc::now())));
                    status
                })
            }
        });
        let server = Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?);
        server.run_with_graceful_shutdown(endpoint, stop.cancelled_owned(), Some(DRAIN)).await
    }

    /// Prints an order, and queues it to be answered.
    async fn take(&self, request: Request) -> Result<StatusCode, (StatusCode, String)> {
        if request.method() != Method::POST {
            return Err((StatusCode::METHOD_NOT_ALLOWED, format!("a {}", request.method())));
        }
        if let Some(why) = self.credentials.mismatch(request.headers()) {
            return Err((StatusCode::UNAUTHORIZED, why));
        }
        let body = request.into_body().into_bytes_limit(MAX_BODY).await;
        let body = body.map_err(|error| (StatusCode::PAYLOAD_TOO_LARGE, error.to_string()))?;
        let order = Order::read(&body)
            .map_err(|error| (StatusCode::BAD_REQUEST, format!("not an order: {error}")))?;
        print(&order.block(Utc::now()));
        // At the end there is no receiver.
        let _ = self.orders.send(order);
        Ok(StatusCode::NO_CONTENT)
    }
}
