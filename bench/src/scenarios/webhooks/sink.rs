//! A minimal receiver of webhooks: it responds, and records arrivals with their times. Receivers have their own
//! threads, so that their CPU time can be measured.

use crate::http::read_message;
use anyhow::{Context, Result, ensure};
use std::{
    collections::HashSet,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    runtime::Builder,
    time::sleep,
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The name of the threads.
pub const THREADS: &str = "sink";

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
/// The time without any arrival after which no more are expected.
const PATIENCE: Duration = Duration::from_mins(1);

/// How a receiver responds.
#[derive(Debug, Clone, Copy)]
pub enum Manner {
    /// Immediately.
    Prompt,
    /// After a delay.
    Slow(Duration),
    /// Never, though it accepts the request.
    Silent,
}

/// A received request.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// The number of the endpoint, taken from the path.
    pub endpoint: usize,
    /// The number of the event, taken from the payload.
    pub index: usize,
    /// When the request had fully arrived.
    pub at: Instant,
}

#[derive(Default)]
struct Seen {
    arrivals: Vec<Arrival>,
    distinct: HashSet<(usize, usize)>,
}

/// See the module. Stops when it is dropped.
pub struct Sink {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    _stop: DropGuard,
}

impl Sink {
    /// Starts a receiver.
    pub fn start(manner: Manner) -> Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let (address, seen) = (listener.local_addr()?, Arc::<Mutex<Seen>>::default());
        let (stop, noted) = (CancellationToken::new(), seen.clone());
        let stopped = stop.clone().cancelled_owned();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name(THREADS.into()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = stopped => {}
                    Err(error) = serve(listener, manner, noted) => eprintln!("the sink has failed: {error:#}"),
                }
            });
        })?;
        Ok(Self { address, seen, _stop: stop.drop_guard() })
    }

    /// The common prefix of the endpoints' URLs.
    pub fn base(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Returns when this number of deliveries has arrived, without repetitions.
    pub async fn arrived(&self, count: usize) -> Result<()> {
        let distinct = self.wait(count).await;
        ensure!(distinct >= count, "{distinct} of {count} have arrived, and no more come");
        Ok(())
    }

    /// [`Sink::arrived`], but gives up when no more arrive. Returns the number of arrivals.
    pub async fn wait(&self, count: usize) -> usize {
        let (mut before, mut since) = (0, Instant::now());
        loop {
            let distinct = lock(&self.seen).distinct.len();
            if distinct >= count || since.elapsed() > PATIENCE {
                return distinct;
            }
            if distinct > before {
                (before, since) = (distinct, Instant::now());
            }
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Returns the arrivals, in their order.
    pub fn arrivals(&self) -> Vec<Arrival> {
        lock(&self.seen).arrivals.clone()
    }

    /// Clears the arrivals.
    pub fn forget(&self) {
        *lock(&self.seen) = Seen::default();
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: std::net::TcpListener, manner: Manner, seen: Arc<Mutex<Seen>>) -> Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (connection, _) = listener.accept().await?;
        let seen = seen.clone();
        // Every connection ends with an error, when it is closed.
        tokio::spawn(async move { receive(connection, manner, &seen).await });
    }
}

async fn receive(mut connection: TcpStream, manner: Manner, seen: &Mutex<Seen>) -> Result<()> {
    connection.set_nodelay(true)?;
    let mut request = vec![];
    loop {
        read_message(&mut connection, &mut request).await?;
        let arrival = read(&request, Instant::now())?;
        {
            let mut seen = lock(seen);
            seen.arrivals.push(arrival);
            seen.distinct.insert((arrival.endpoint, arrival.index));
        }
        match manner {
            Manner::Prompt => {}
            Manner::Slow(pause) => sleep(pause).await,
            Manner::Silent => std::future::pending().await,
        }
        connection.write_all(ANSWER).await?;
    }
}

fn read(request: &[u8], at: Instant) -> Result<Arrival> {
    let text = std::str::from_utf8(request)?;
    let number = |before: &str| -> Result<usize> {
        let (_, after) = text.split_once(before).with_context(|| format!("no {before} in {text}"))?;
        let end = after.find(|character: char| !character.is_ascii_digit()).unwrap_or(after.len());
        Ok(after[..end].parse()?)
    };
    Ok(Arrival { endpoint: number("POST /")?, index: number("\"index\":")?, at })
}
