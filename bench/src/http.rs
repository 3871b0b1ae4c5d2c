//! Load of HTTP requests over plain sockets: a minimal client, because it shares the cores with what is measured.

use crate::yardsticks::rate;
use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use hdrhistogram::Histogram;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep_until,
};

/// The results of a load.
pub struct Load {
    /// Requests per second.
    pub per_second: f64,
    /// The median latency, in milliseconds.
    pub p50_ms: f64,
    /// The 99th percentile of the latency, in milliseconds.
    pub p99_ms: f64,
}

/// Sends `count` requests over this number of connections, one at a time on each. `request` gets the number of the
/// request. Every response must be a 2xx.
pub async fn load(
    address: &str,
    connections: usize,
    count: usize,
    request: impl Fn(usize) -> String + Send + Sync + 'static,
) -> Result<Load> {
    paced_load(address, connections, count, Duration::ZERO, request).await
}

/// [`load`], with a request due every `pause`, whether or not earlier ones have responses: a request waits only while
/// all connections are busy. `request` is called just before the request is sent.
pub async fn paced_load(
    address: &str,
    connections: usize,
    count: usize,
    pause: Duration,
    request: impl Fn(usize) -> String + Send + Sync + 'static,
) -> Result<Load> {
    let begin = Instant::now();
    let plan = Arc::new(Plan { next: AtomicUsize::new(0), count, begin, pause, request: Box::new(request) });
    let callers = (0..connections).map(|_| {
        let (address, plan) = (address.to_owned(), plan.clone());
        tokio::spawn(async move { call(&address, &plan).await })
    });
    let mut all = Histogram::<u64>::new(3)?;
    for histogram in try_join_all(callers).await? {
        all.add(histogram?)?;
    }
    let ms = |quantile| Duration::from_nanos(all.value_at_quantile(quantile)).as_secs_f64() * 1e3;
    Ok(Load { per_second: rate(count, begin), p50_ms: ms(0.5), p99_ms: ms(0.99) })
}

/// The state shared by the callers.
struct Plan {
    /// The number of the next request.
    next: AtomicUsize,
    count: usize,
    begin: Instant,
    pause: Duration,
    request: Box<dyn Fn(usize) -> String + Send + Sync>,
}

impl Plan {
    /// Returns the next request when it is due; `None` at the end.
    async fn next(&self) -> Result<Option<String>> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number >= self.count {
            return Ok(None);
        }
        if !self.pause.is_zero() {
            sleep_until((self.begin + self.pause * u32::try_from(number)?).into()).await;
        }
        Ok(Some((self.request)(number)))
    }
}

async fn call(address: &str, plan: &Plan) -> Result<Histogram<u64>> {
    let (mut histogram, mut answer) = (Histogram::new(3)?, vec![]);
    let mut connection = TcpStream::connect(address).await?;
    connection.set_nodelay(true)?;
    while let Some(text) = plan.next().await? {
        let begin = Instant::now();
        connection.write_all(text.as_bytes()).await?;
        read_message(&mut connection, &mut answer).await?;
        histogram.record(u64::try_from(begin.elapsed().as_nanos())?)?;
        ensure!(answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
    }
    Ok(histogram)
}

/// Reads one request or response with a `content-length` or `Content-Length`; the previous content of `message` is
/// dropped.
pub async fn read_message(connection: &mut TcpStream, message: &mut Vec<u8>) -> Result<()> {
    message.clear();
    loop {
        ensure!(connection.read_buf(message).await? > 0, "the connection was closed");
        let text = std::str::from_utf8(message)?;
        let Some(end) = text.find("\r\n\r\n") else { continue };
        let length = |name| text[..end].split_once(name);
        let length = length("\r\ncontent-length: ").or_else(|| length("\r\nContent-Length: "));
        let (_, length) = length.context("no content-length")?;
        let length: usize = length.lines().next().unwrap_or_default().parse()?;
        while message.len() < end + 4 + length {
            ensure!(connection.read_buf(message).await? > 0, "the connection was closed");
        }
        return Ok(());
    }
}
