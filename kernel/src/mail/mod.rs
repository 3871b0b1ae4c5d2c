//! E-mail: to the mail server of the settings, or, without one, to files in the data folder.
//!
//! No e-mail is sent within a request. The transaction that makes one necessary enqueues a job of kind `email`
//! ([`notify`]), which sends it ([`Mailer::send`]). Attachments are not part of a job's payload; they are made when the
//! e-mail is sent ([`OutgoingEmail`]).

mod address;
mod letter;
mod message;
mod message_id;
mod notify;
mod outbox;
mod smtp;

pub use address::{address_fault, is_address, mailbox, normalized};
pub use letter::{Attachment, OutgoingEmail};
pub use message_id::{BadMessageId, MessageId};
pub use notify::{Notice, notify};
pub(crate) use smtp::is_server;

use crate::{
    config::Settings,
    db,
    error::{Error, Result},
};
use chrono::{DateTime, Utc};
use lettre::message::Mailbox;
use outbox::Outbox;
use serde::Serialize;
use smtp::Smtp;
use std::path::PathBuf;

/// Sends e-mail.
pub struct Mailer {
    from: Mailbox,
    way: Backend,
}

enum Backend {
    Server(Smtp),
    Outbox(Outbox),
}

/// A message has left this process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    /// A mail server has taken it, with these words.
    Accepted(String),
    /// It is in this file.
    Written(PathBuf),
}

/// A message has not left; the text is for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Trying again later may help: the server is away, is busy, or the settings are wrong.
    Passing(String),
    /// It will not be taken later either.
    Lasting(String),
}

impl Mailer {
    /// As the settings say. No connection is made yet.
    pub(crate) fn open(settings: &Settings) -> Result<Self> {
        let way = match settings.mail.url.as_str() {
            "" => Backend::Outbox(Outbox::new(settings.data.join("outbox"))),
            url => Backend::Server(
                Smtp::open(url).map_err(|error| Error::internal(format!("mail.url: {error}")))?,
            ),
        };
        Ok(Self { from: settings.mail.from.clone(), way })
    }

    /// The id of a message about something that happens once, such as `invoice-org_…-INV-2026-000001`.
    /// Letters, digits, `-`, `_` and `.`; the address that mail comes from gives the rest.
    pub fn message_id(&self, about: &str) -> Result<MessageId> {
        format!("{about}@{}", self.from.email.domain()).parse().map_err(Error::internal)
    }

    /// Sends the letter; `now` is its date, `request_id` the request that it follows from.
    pub async fn send(
        &self,
        letter: &OutgoingEmail,
        request_id: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Sent, Failure> {
        let message = message::build(&self.from, letter, request_id, now)?;
        match &self.way {
            Backend::Server(server) => {
                db::assert_none_open("the mail server");
                server.send(message).await
            }
            Backend::Outbox(outbox) => outbox.write(&letter.email.message_id, &message.formatted()).await,
        }
    }

    /// The folder that mail is written to; none where a server takes it.
    pub fn outbox(&self) -> Option<PathBuf> {
        match &self.way {
            Backend::Server(_) => None,
            Backend::Outbox(outbox) => Some(outbox.folder().to_owned()),
        }
    }

    /// Whether the mail server, if there is one, lets this process in.
    pub async fn ping(&self) -> Result<()> {
        match &self.way {
            Backend::Server(server) => server.ping().await,
            Backend::Outbox(_) => Ok(()),
        }
    }
}
