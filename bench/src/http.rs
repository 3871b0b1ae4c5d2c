//! A load of requests over plain sockets: a client that does no more than it must, since it shares the cores
//! with what is measured.

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
};

/// What a load of requests found.
pub struct Load {
    /// Requests a second.
    pub per_second: f64,
    /// How long half of them took at most, in milliseconds.
    pub p50_ms: f64,
}

/// Sends the request `count` times over so many connections, each one request after the other. `request` gets
/// the number of the request. Every answer must be a 2xx.
pub async fn load(
    address: &str,
    connections: usize,
    count: usize,
    request: impl Fn(usize) -> String + Send + Sync + 'static,
) -> Result<Load> {
    let (next, request) = (Arc::new(AtomicUsize::new(0)), Arc::new(request));
    let begin = Instant::now();
    let callers = (0..connections).map(|_| {
        let (address, next, request) = (address.to_owned(), next.clone(), request.clone());
        tokio::spawn(async move { call(&address, &next, count, &*request).await })
    });
    let mut all = Histogram::<u64>::new(3)?;
    for histogram in try_join_all(callers).await? {
        all.add(histogram?)?;
    }
    let p50_ms = Duration::from_nanos(all.value_at_quantile(0.5)).as_secs_f64() * 1e3;
    Ok(Load { per_second: rate(count, begin), p50_ms })
}

async fn call(
    address: &str,
    next: &AtomicUsize,
    count: usize,
    request: &(dyn Fn(usize) -> String + Send + Sync),
) -> Result<Histogram<u64>> {
    let (mut histogram, mut answer) = (Histogram::new(3)?, vec![]);
    let mut connection = TcpStream::connect(address).await?;
    connection.set_nodelay(true)?;
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= count {
            return Ok(histogram);
        }
        let text = request(number);
        let begin = Instant::now();
        connection.write_all(text.as_bytes()).await?;
        read_answer(&mut connection, &mut answer).await?;
        histogram.record(u64::try_from(begin.elapsed().as_nanos())?)?;
        ensure!(answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
    }
}

/// Reads one answer with a `content-length`.
async fn read_answer(connection: &mut TcpStream, answer: &mut Vec<u8>) -> Result<()> {
    answer.clear();
    loop {
        ensure!(connection.read_buf(answer).await? > 0, "the connection was closed");
        let text = std::str::from_utf8(answer)?;
        let Some(end) = text.find("\r\n\r\n") else { continue };
        let (_, length) = text[..end].split_once("\r\ncontent-length: ").context("no content-length")?;
        let length: usize = length.lines().next().unwrap_or_default().parse()?;
        while answer.len() < end + 4 + length {
            ensure!(connection.read_buf(answer).await? > 0, "the connection was closed");
        }
        return Ok(());
    }
}
