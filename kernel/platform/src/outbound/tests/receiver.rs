//! Receivers on loopback that answer as a test tells them to.

use super::*;
use bytes::Bytes;
use entities::ids::OrganizationId;
use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Longer than any test waits unless it fails.
pub(super) const LONG: Limits = Limits { total: Duration::from_secs(30), keep: 16 * 1024 };

/// A receiver, and what it got.
pub(super) struct Receiver {
    pub(super) port: u16,
    /// The requests of each connection, in the order of the connections.
    pub(super) requests: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Receiver {
    /// Hands each connection to `serve`; an error only ends that connection.
    pub(super) async fn start<S, F>(serve: S) -> Self
    where
        S: Fn(Connection) -> F + Send + 'static,
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let all = requests.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let place = all.lock().unwrap().len();
                all.lock().unwrap().push(Vec::new());
                tokio::spawn(serve(Connection { stream, requests: all.clone(), place }));
            }
        });
        Self { port, requests }
    }

    /// Answers every request with the same text.
    pub(super) async fn always(answer: impl Into<String>) -> Self {
        let answer: Arc<str> = answer.into().into();
        Self::start(move |mut connection| {
            let answer = answer.clone();
            async move {
                loop {
                    connection.request().await?;
                    connection.stream.write_all(answer.as_bytes()).await?;
                }
            }
        })
        .await
    }

    pub(super) fn url(&self) -> Url {
        format!("http://127.0.0.1:{}/hook?a=b", self.port).parse().unwrap()
    }

    /// How many requests came on each connection.
    pub(super) fn counts(&self) -> Vec<usize> {
        self.requests.lock().unwrap().iter().map(Vec::len).collect()
    }
}

/// One connection of a receiver.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    requests: Arc<Mutex<Vec<Vec<String>>>>,
    place: usize,
}

impl Connection {
    /// Reads and notes a request.
    pub(super) async fn request(&mut self) -> io::Result<()> {
        let request = request(&mut self.stream).await?;
        self.requests.lock().unwrap()[self.place].push(request);
        Ok(())
    }

    /// Waits until the client has closed it.
    pub(super) async fn closed(&mut self) {
        while self.stream.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {}
    }
}

/// Reads a request whose body is `{}`, as [`call`] sends it.
pub(super) async fn request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n{}") {
        text.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// A client that may call loopback, in IPv4.
pub(super) fn client() -> Client {
    Client::new(&settings(&["127.0.0.0/8"]))
}

/// The same with little patience for connections, short enough for a test to wait for its end.
pub(super) fn hasty() -> Client {
    Client::with_patience(&settings(&["127.0.0.0/8"]), Duration::from_millis(250))
}

/// Class and text of a failure.
pub(super) fn failed(result: Result<Answer, Failure>) -> (&'static str, String) {
    let failure = result.unwrap_err();
    (failure.class(), failure.to_string())
}

/// Posts `{}`.
pub(super) async fn call(client: &Client, url: &Url, limits: Limits) -> Result<Answer, Failure> {
    post(client, url, HeaderMap::new(), limits).await
}

/// The same with these headers, for an organization of its own.
pub(super) async fn post(
    client: &Client,
    url: &Url,
    headers: HeaderMap,
    limits: Limits,
) -> Result<Answer, Failure> {
    let slot = client.slot(OrganizationId::new(), limits.total).await?;
    client.post(slot, url, headers, Bytes::from_static(b"{}"), limits).await
}
