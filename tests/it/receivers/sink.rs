//! A receiver that responds as a test says, and stores requests.

use anyhow::Result;
use poem::{Request, Server, endpoint::make, http::StatusCode, listener::TcpAcceptor};
use reqwest::header::HeaderMap;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::task::AbortOnDropHandle;

/// See the module.
pub struct Sink {
    /// Where it listens.
    pub url: String,
    got: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    _serving: AbortOnDropHandle<()>,
}

impl Sink {
    /// Answers the first requests with these statuses, all later ones with 204.
    pub async fn answering(first: &[u16]) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/hook", listener.local_addr()?);
        let got = Arc::<Mutex<Vec<_>>>::default();
        let (statuses, kept) = (Mutex::new(VecDeque::from(first.to_vec())), got.clone());
        let statuses = Arc::new(statuses);
        let endpoint = make(move |request: Request| {
            let (statuses, kept) = (statuses.clone(), kept.clone());
            async move {
                let (parts, body) = request.into_parts();
                let body = body.into_string().await.unwrap();
                kept.lock().unwrap().push((parts.headers, body));
                let status = statuses.lock().unwrap().pop_front().unwrap_or(204);
                StatusCode::from_u16(status).unwrap()
            }
        });
        let server = Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?);
        let serving: JoinHandle<()> = tokio::spawn(async move { server.run(endpoint).await.unwrap() });
        Ok(Self { url, got, _serving: AbortOnDropHandle::new(serving) })
    }

    /// What it got so far: headers and body.
    pub fn got(&self) -> Vec<(HeaderMap, String)> {
        self.got.lock().unwrap().clone()
    }
}
