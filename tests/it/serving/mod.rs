//! From the socket to the contracts: timeouts, TLS, browsers, health, shutdown.

mod browsers;
mod connections;
mod heads;
mod health;
mod hosts;
mod http2;
mod pages;
mod senders;
mod stopping;
mod tls;

use crate::app::PATIENCE;
use anyhow::{Context, Result};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A `http.read_timeout` that tests can wait for.
const SOON: Duration = Duration::from_millis(500);

/// A request for health.
const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n";

/// A client that sends what the test says, byte by byte.
struct Raw(TcpStream);

impl Raw {
    async fn connect(address: &str) -> Result<Self> {
        Ok(Self(TcpStream::connect(address).await?))
    }

    async fn send(&mut self, text: &str) -> Result<()> {
        Ok(self.0.write_all(text.as_bytes()).await?)
    }

    /// Reads until `end` has come.
    async fn read_until(&mut self, end: &str) -> Result<String> {
        let mut text = String::new();
        let reading = async {
            while !text.contains(end) {
                let mut bytes = [0; 1024];
                let count = self.0.read(&mut bytes).await?;
                anyhow::ensure!(count > 0, "closed after {text}");
                text += std::str::from_utf8(&bytes[..count])?;
            }
            Ok(())
        };
        timeout(PATIENCE, reading).await.with_context(|| format!("no {end}"))??;
        Ok(text)
    }

    /// Reads until the server closes the connection.
    async fn read_to_end(&mut self) -> Result<String> {
        let mut bytes = vec![];
        timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await.context("the connection stays open")??;
        Ok(String::from_utf8(bytes)?)
    }
}
