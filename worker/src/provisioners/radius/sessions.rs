//! Sessions that are open, as accounting tells of them (`radacct`), and the NAS that each runs on.

use super::{
    packet::{Answer, Attribute, Code, Request},
    people::statement,
};
use kernel::db::assert_none_open;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use std::{
    net::IpAddr,
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};
use tokio::net::UdpSocket;

/// A session that has not been told to have ended.
#[derive(Debug, FromQueryResult)]
pub(super) struct Session {
    pub(super) id: String,
    nas: String,
    /// What this NAS and we share, where the table `nas` has it.
    secret: Option<String>,
}

/// Somebody's open sessions.
pub(super) async fn open(db: &impl ConnectionTrait, user: &str) -> Result<Vec<Session>, DbErr> {
    // An inet shown as text ends with its length; a text, as SQLite has it, does not.
    let sql = "select a.acctsessionid as id, a.nas, n.secret from (
          select acctsessionid, radacctid, replace(cast(nasipaddress as text), '/32', '') as nas
          from radacct where username = $1 and acctstoptime is null) a
        left join nas n on n.nasname = a.nas order by a.radacctid";
    Session::find_by_statement(statement(db, sql, [user.into()])).all(db).await
}

/// How a NAS is reached.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    pub(super) port: u16,
    /// What is shared with those that the table `nas` does not have.
    pub(super) secret: String,
    /// How long one request waits for its answer, and how often it is sent.
    pub(super) patience: Duration,
    pub(super) tries: usize,
}

/// What a NAS made of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    Done,
    Refused,
    /// Nothing came back, or nothing that can be believed.
    Silent,
}

impl Reach {
    /// Asks the session's NAS to go on under another policy.
    pub(super) async fn change(&self, user: &str, session: &Session, policy: &str) -> Told {
        let attributes =
            [Attribute::UserName(user), Attribute::SessionId(&session.id), Attribute::FilterId(policy)];
        self.ask(session, Code::Change, &attributes).await
    }

    /// Asks the session's NAS to end it.
    pub(super) async fn disconnect(&self, user: &str, session: &Session) -> Told {
        let attributes = [Attribute::UserName(user), Attribute::SessionId(&session.id)];
        self.ask(session, Code::Disconnect, &attributes).await
    }

    async fn ask(&self, session: &Session, code: Code, attributes: &[Attribute<'_>]) -> Told {
        let secret = session.secret.as_deref().unwrap_or(&self.secret).as_bytes();
        let request = Request::new(code, identifier(), attributes, secret);
        assert_none_open("a NAS");
        let answer = self.exchange(&session.nas, &request).await;
        answer.inspect_err(|error| tracing::debug!(nas = session.nas, %error, "cannot ask")).map_or(
            Told::Silent,
            |answer| match answer {
                Some(Answer::Acknowledged) => Told::Done,
                Some(Answer::Refused) => Told::Refused,
                None => Told::Silent,
            },
        )
    }

    /// Sends the same bytes until they are answered, so that a NAS that acted on the first knows the second.
    async fn exchange(&self, nas: &str, request: &Request<'_>) -> std::io::Result<Option<Answer>> {
        let nas: IpAddr = nas.parse().map_err(std::io::Error::other)?;
        let any = if nas.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).await?;
        // A connected socket takes answers of its peer alone.
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

/// Requests to one NAS that are under way at once differ in it.
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
