//! What a monitoring system measures. It asks for no credential: `metrics.listen` keeps it from others.

use kernel::{Kernel, metrics::Scraper};
use poem::{Endpoint, Request, Response};

/// Answers with all metrics of the process, as Prometheus reads them.
pub struct Metrics(Scraper);

impl Metrics {
    /// Of this process.
    pub fn new(kernel: Kernel) -> Self {
        Self(Scraper::new(kernel))
    }
}

impl Endpoint for Metrics {
    type Output = Response;

    async fn call(&self, _: Request) -> poem::Result<Response> {
        let text = self.0.scrape().await;
        Ok(Response::builder().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
    }
}
