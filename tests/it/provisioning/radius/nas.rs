//! A proxy in front of the NAS: it records requests and responses, and can corrupt them.

use anyhow::Result;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::UdpSocket;

pub const DISCONNECTED: u8 = 41;
pub const CHANGED: u8 = 44;
pub const NOT_CHANGED: u8 = 45;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The NAS answers it.
    Through,
    /// Nobody does.
    Silent,
    /// The answer is not signed by one who knows the secret.
    Forged,
}

/// See the module.
pub struct Nas {
    pub port: u16,
    kept: Arc<Mutex<Kept>>,
}

struct Kept {
    way: Way,
    asked: usize,
    answers: Vec<u8>,
}

impl Nas {
    /// Stands before the NAS on that port of the loopback, until the test ends.
    pub async fn start(real: u16) -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let port = socket.local_addr()?.port();
        let kept = Arc::new(Mutex::new(Kept { way: Way::Through, asked: 0, answers: vec![] }));
        tokio::spawn(relay(socket, SocketAddr::from(([127, 0, 0, 1], real)), kept.clone()));
        Ok(Self { port, kept })
    }

    /// Has what comes from now on go this way, and forgets what came before.
    pub fn go(&self, way: Way) {
        *self.kept.lock().unwrap() = Kept { way, asked: 0, answers: vec![] };
    }

    /// How many requests came.
    pub fn asked(&self) -> usize {
        self.kept.lock().unwrap().asked
    }

    /// The codes of the answers, sorted.
    pub fn answers(&self) -> Vec<u8> {
        let mut answers = self.kept.lock().unwrap().answers.clone();
        answers.sort_unstable();
        answers
    }
}

async fn relay(socket: UdpSocket, real: SocketAddr, kept: Arc<Mutex<Kept>>) -> Result<()> {
    let mut bytes = [0; 4096];
    loop {
        let (length, asker) = socket.recv_from(&mut bytes).await?;
        let way = {
            let mut kept = kept.lock().unwrap();
            kept.asked += 1;
            kept.way
        };
        if way == Way::Silent {
            continue;
        }
        let Some(mut answer) = asked(real, &bytes[..length]).await? else { continue };
        kept.lock().unwrap().answers.push(answer[0]);
        if way == Way::Forged {
            answer[4] ^= 1;
        }
        socket.send_to(&answer, asker).await?;
    }
}

async fn asked(real: SocketAddr, request: &[u8]) -> Result<Option<Vec<u8>>> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    socket.send_to(request, real).await?;
    let mut bytes = [0; 4096];
    let answer = tokio::time::timeout(Duration::from_secs(5), socket.recv(&mut bytes)).await;
    Ok(answer.ok().transpose()?.map(|length| bytes[..length].to_vec()))
}
