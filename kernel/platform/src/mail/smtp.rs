//! A mail server, over SMTP.

use super::{Failure, Sent};
use crate::error::{Dependency, Error, Result};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    transport::smtp::{self, response::Response},
};
use std::time::Duration;

/// Timeout of one command.
const PATIENCE: Duration = Duration::from_secs(30);

/// Rejections of the credentials (RFC 4954), not of the message: transient, because the settings may be corrected.
const NOT_LET_IN: [u16; 4] = [530, 534, 535, 538];

/// Whether this is a valid rest of a URL: `user:password@host:port/name`, all but the host optional.
pub(super) struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl Smtp {
    /// The server of a URL, without connecting.
    pub(super) fn open(url: &str) -> Result<Self, smtp::Error> {
        Ok(Self(AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?.timeout(Some(PATIENCE)).build()))
    }

    /// Sends the message.
    pub(super) async fn send(&self, message: Message) -> Result<Sent, Failure> {
        match self.0.send(message).await {
            Ok(response) => Ok(Sent::Accepted(words(&response))),
            Err(error) if is_lasting(&error) => Err(Failure::Permanent(error.to_string())),
            Err(error) => Err(Failure::Transient(error.to_string())),
        }
    }

    /// Checks the connection and the credentials.
    pub(super) async fn ping(&self) -> Result<()> {
        let away = |cause: &str| Error::unavailable(Dependency::Mail, cause);
        match self.0.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(away("it does not answer NOOP")),
            Err(error) => Err(away(&error.to_string())),
        }
    }
}

fn words(response: &Response) -> String {
    let lines: Vec<_> = response.message().collect();
    format!("{} {}", response.code(), lines.join(" "))
}

/// Whether the server rejected this message permanently.
fn is_lasting(error: &smtp::Error) -> bool {
    let code = error.status().map(u16::from);
    error.is_permanent() && !code.is_some_and(|code| NOT_LET_IN.contains(&code))
}
