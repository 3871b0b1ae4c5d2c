//! A receiver of webhooks on loopback: a real HTTP/1.1 server with connection reuse. It stores requests in order, and
//! responds as configured by the test, even incorrectly.

mod arrival;
mod reply;

pub use arrival::Arrival;
pub use reply::Reply;

use super::PATIENCE;
use anyhow::Result;
use harness::until;
use std::sync::{Arc, Mutex};
use tokio::{
    io::BufReader,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Returns the response to a request.
type Script = Arc<dyn Fn(&Arrival) -> Reply + Send + Sync>;

/// See the module; stops with the test.
#[derive(Clone)]
pub struct Receiver {
    port: u16,
    state: Arc<Mutex<State>>,
    /// Whether held requests get their responses.
    open: watch::Sender<bool>,
}

struct State {
    script: Script,
    arrivals: Vec<Arrival>,
    flying: usize,
    peak: usize,
    connections: usize,
}

impl Receiver {
    /// Starts a receiver that accepts everything.
    pub async fn start() -> Result<Self> {
        Self::answering(|_| Reply::ok()).await
    }

    /// Starts a receiver that responds by a script.
    pub async fn answering(script: impl Fn(&Arrival) -> Reply + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let script: Script = Arc::new(script);
        let state = State { script, arrivals: vec![], flying: 0, peak: 0, connections: 0 };
        let receiver = Self { port, state: Arc::new(Mutex::new(state)), open: watch::Sender::new(false) };
        let accepting = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let receiver = accepting.clone();
                // A client that aborts concerns only the test that configured it.
                tokio::spawn(async move { drop(receiver.serve(stream).await) });
            }
        });
        Ok(receiver)
    }

    /// Starts a receiver with these responses, one after the other; it then accepts everything.
    pub async fn replying(replies: impl IntoIterator<Item = Reply>) -> Result<Self> {
        let replies = Mutex::new(replies.into_iter().collect::<Vec<_>>().into_iter());
        Self::answering(move |_| replies.lock().unwrap().next().unwrap_or_else(Reply::ok)).await
    }

    /// Changes the script for later responses.
    pub fn answer(&self, script: impl Fn(&Arrival) -> Reply + Send + Sync + 'static) {
        self.state.lock().unwrap().script = Arc::new(script);
    }

    /// Sends the held responses ([`Reply::held`]), and holds none from then on.
    pub fn let_go(&self) {
        self.open.send_replace(true);
    }

    /// The URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// The requests so far, in the order of arrival.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.state.lock().unwrap().arrivals.clone()
    }

    /// The requests, once there are this many.
    pub async fn arrived(&self, count: usize) -> Result<Vec<Arrival>> {
        let what = format!("{count} requests at the receiver");
        let enough = async || Ok(Some(self.arrivals()).filter(|all| all.len() >= count));
        until(&what, PATIENCE, enough).await
    }

    /// Maximum number of concurrent requests so far.
    pub fn peak(&self) -> usize {
        self.state.lock().unwrap().peak
    }

    /// Number of requests without a response.
    pub fn flying(&self) -> usize {
        self.state.lock().unwrap().flying
    }

    /// Number of connections so far.
    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    async fn serve(&self, stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        self.state.lock().unwrap().connections += 1;
        let mut stream = BufReader::new(stream);
        while let Some(arrival) = arrival::read(&mut stream).await? {
            let reply = self.take(arrival);
            if reply.is_held() {
                self.open.subscribe().wait_for(|open| *open).await?;
            }
            let given = reply.give(stream, || self.state.lock().unwrap().flying -= 1).await?;
            let Some(kept) = given else { return Ok(()) };
            stream = kept;
        }
        Ok(())
    }

    fn take(&self, arrival: Arrival) -> Reply {
        let mut state = self.state.lock().unwrap();
        let reply = (state.script)(&arrival);
        state.arrivals.push(arrival);
        state.flying += 1;
        state.peak = state.peak.max(state.flying);
        reply
    }
}
