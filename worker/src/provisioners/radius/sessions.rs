//! Open sessions according to the accounting (`radacct`), and the NAS of each.

use super::{
    accounts::statement,
    packet::{Answer, Attribute, Code, Request},
};
use platform::db::assert_none_open;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use std::{
    net::IpAddr,
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};
use tokio::net::UdpSocket;

/// A session without a stop time.
#[derive(Debug, FromQueryResult)]
pub(super) struct Session {
    pub(super) id: String,
    nas: String,
    /// The shared secret, if the NAS is in the table `nas`.
    secret: Option<String>,
}

/// The open sessions of a user.
pub(super) async fn open(db: &impl ConnectionTrait, user: &str) -> Result<Vec<Session>, DbErr> {
    // As text, an inet ends with its prefix length; SQLite has a text without one.
    let sql = "select a.acctsessionid as id, a.nas, n.secret from (
          select acctsessionid, radacctid, replace(cast(nasipaddress as text), '/32', '') as nas
          from radacct where username = $1 and acctstoptime is null) a
        left join nas n on n.nasname = a.nas order by a.radacctid";
    Session::find_by_statement(statement(db, sql, [user.into()])).all(db).await
}

/// A client for NASes.
#[derive(Debug, Clone)]
pub(super) struct NasClient {
    pub(super) port: u16,
    /// The shared secret of NASes that are not in the table `nas`.
    pub(super) secret: String,
    /// The timeout of one request, and how often it is sent.
    pub(super) patience: Duration,
    pub(super) tries: usize,
}

/// The result of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NasResult {
    Done,
    Refused,
    /// No response, or an invalid one.
    NoResponse,
}

impl NasClient {
    /// Requests another policy for a session.
    pub(super) async fn change(&self, user: &str, session: &Session, policy: &str) -> NasResult {
        let attributes =
            [Attribute::UserName(user), Attribute::SessionId(&session.id), Attribute::FilterId(policy)];
        self.ask(session, Code::Change, &attributes).await
    }

    /// Requests the end of a session.
    pub(super) async fn disconnect(&self, user: &str, session: &Session) -> NasResult {
        let attributes = [Attribute::UserName(user), Attribute::SessionId(&session.id)];
        self.ask(session, Code::Disconnect, &attributes).await
    }

    async fn ask(&self, session: &Session, code: Code, attributes: &[Attribute<'_>]) -> NasResult {
        let secret = session.secret.as_deref().unwrap_or(&self.secret).as_bytes();
        let request = Request::new(code, identifier(), attributes, secret);
        assert_none_open("a NAS");
        let answer = self.exchange(&session.nas, &request).await;
        answer.inspect_err(|error| tracing::debug!(nas = session.nas, %error, "cannot ask")).map_or(
            NasResult::NoResponse,
            |answer| match answer {
                Some(Answer::Acknowledged) => NasResult::Done,
                Some(Answer::Refused) => NasResult::Refused,
                None => NasResult::NoResponse,
            },
        )
    }

    /// Sends the same bytes until there is a response, so that a NAS recognizes repetitions.
    async fn exchange(&self, nas: &str, request: &Request<'_>) -> std::io::Result<Option<Answer>> {
        let nas: IpAddr = nas.parse().map_err(std::io::Error::other)?;
        let any = if nas.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).await?;
        // A connected socket only receives from its peer.
        socket.connect((nas, self.port)).await?;
        for _ in 0..self.tries {
            socket.send(request.bytes()).await?;
            if let Ok(answer) = tokio::time::timeout(self.patience, answered(&socket, request)).await {
                return answer.map(Some);
            }
        }
        Ok(None)
    }
}

/// Distinguishes concurrent requests to one NAS.
fn identifier() -> u8 {
    static NEXT: AtomicU8 = AtomicU8::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

async fn answered(socket: &UdpSocket, request: &Request<'_>) -> std::io::Result<Answer> {
    let mut bytes = [0; 4096];
    loop {
        let length = socket.recv(&mut bytes).await?;
        if let Some(answer) = request.answer(&bytes[..length]) {
            return Ok(answer);
        }
    }
}
