//! A request to a receiver.

use anyhow::{Context, Result};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::TcpStream,
};

/// A received request.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The method.
    pub method: String,
    /// The path and query.
    pub path: String,
    /// The headers, with names as they were sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Arrival {
    /// The value of a header; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// The body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The event's id.
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// The `n` of the event's data, if the test numbers its events.
    pub fn number(&self) -> u64 {
        self.json()["data"]["n"].as_u64().unwrap()
    }

    /// Whether one of the signatures is valid for the secret, checked by the library of Standard Webhooks.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let signer = match secret.strip_prefix("whsec_") {
            Some(key) => Webhook::new(key),
            None => Webhook::from_bytes(secret.as_bytes().to_vec()),
        };
        let at = self.header("webhook-timestamp").parse().unwrap();
        let signature = signer.unwrap().sign(self.id(), at, &self.body).unwrap();
        self.header("webhook-signature").split(' ').any(|one| one == signature)
    }

    /// The event's sequence number at the endpoint.
    pub fn sequence(&self) -> u64 {
        self.header("webhook-sequence").parse().unwrap()
    }
}

/// Reads a request with its body and `content-length`; `None` if the connection ends.
pub(super) async fn read(stream: &mut BufReader<TcpStream>) -> Result<Option<Arrival>> {
    let start = line(stream).await?;
    if start.is_empty() {
        return Ok(None);
    }
    let mut words = start.split(' ').map(str::to_owned);
    let (method, path) = (words.next().context("no method")?, words.next().context("no path")?);
    let mut headers = vec![];
    loop {
        let line = line(stream).await?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let mut arrival = Arrival { method, path, headers, body: vec![] };
    arrival.body = vec![0; arrival.header("content-length").parse().unwrap_or(0)];
    stream.read_exact(&mut arrival.body).await?;
    Ok(Some(arrival))
}

/// Reads a line without its terminator; empty at the end of the head, and of the connection.
async fn line(stream: &mut BufReader<TcpStream>) -> Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    Ok(line.trim_end().to_owned())
}
