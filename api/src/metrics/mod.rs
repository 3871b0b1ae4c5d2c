//! What a monitoring system asks for: `/metrics`, on the listener of the API, or with `metrics.listen` on one
//! of its own, which a process that only works has too.

use crate::edge::{Accept, Mounts};
use kernel::{Kernel, metrics::Scraper};
use poem::{
    Endpoint, IntoResponse, Request, Response, Server,
    endpoint::make_sync,
    http::{Method, StatusCode, header},
};
use std::io;
use tokio::net::TcpListener;

/// Prometheus' text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is served on a listener for monitoring alone.
fn routes(kernel: Kernel) -> Mounts {
    Mounts::default()
        .at("/metrics", Metrics::new(kernel))
        .at("/healthz", make_sync(|_| Response::builder().content_type(TEXT).body("alive\n")))
}

/// Serves what a monitoring system asks for until it is dropped: also while the process lets its last jobs
/// end. Fails when the listener has no address any more.
pub async fn serve(kernel: Kernel, listener: TcpListener) -> io::Result<()> {
    Server::new_with_acceptor(Accept::new(listener)?).run(routes(kernel)).await
}

/// Answers with all metrics of the process.
pub struct Metrics(Scraper);

impl Metrics {
    /// Of this process.
    pub fn new(kernel: Kernel) -> Self {
        Self(Scraper::new(kernel))
    }
}

impl Endpoint for Metrics {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if request.uri().path() != "/" {
            return Ok(StatusCode::NOT_FOUND.into_response());
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let refused = StatusCode::METHOD_NOT_ALLOWED.with_header(header::ALLOW, "GET, HEAD");
            return Ok(refused.into_response());
        }
        Ok(Response::builder().content_type(TEXT).body(self.0.scrape().await))
    }
}
