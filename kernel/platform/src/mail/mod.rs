//! E-mail: sent through the configured mail server or, without one, written to files in the data folder.
//!
//! No e-mail is sent within a request. The transaction that makes one necessary enqueues a job of kind `email`
//! (`notify`), which sends it ([`Mailer::send`]). Attachments are not part of a job's payload; they are made when the
//! e-mail is sent ([`OutgoingEmail`]).

mod email;
mod file_transport;
mod message;
mod message_id;
mod outgoing_email;
mod smtp;

pub use crate::mail_address::{address_fault, is_address, mailbox, normalized};
pub use email::Email;
pub use message_id::{BadMessageId, MessageId};
pub use outgoing_email::{Attachment, OutgoingEmail};

use crate::{
    config::Settings,
    db,
    error::{Error, Result},
};
use chrono::{DateTime, Utc};
use file_transport::FileTransport;
use lettre::message::Mailbox;
use serde::Serialize;
use smtp::Smtp;
use std::path::PathBuf;

/// Sends e-mail.
pub struct Mailer {
    from: Mailbox,
    backend: Backend,
}

enum Backend {
    Server(Smtp),
    Files(FileTransport),
}

/// A sent message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    /// Accepted by a mail server, with its response.
    Accepted(String),
    /// Written to this file.
    Written(PathBuf),
}

/// A failure to send; the text is for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Worth retrying: the server is unavailable or busy, or the settings are wrong.
    Transient(String),
    /// Not worth retrying.
    Permanent(String),
}

impl Mailer {
    /// Creates a mailer from the settings, without connecting.
    pub fn open(settings: &Settings) -> Result<Self> {
        let backend = match settings.mail.url.as_str() {
            "" => Backend::Files(FileTransport::new(settings.data.join("outbox"))),
            url => Backend::Server(
                Smtp::open(url).map_err(|error| Error::internal(format!("mail.url: {error}")))?,
            ),
        };
        Ok(Self { from: settings.mail.from.clone(), backend })
    }

    /// The id of a message about a unique occurrence, such as `invoice-org_…-INV-2026-000001`. Letters, digits, `-`,
    /// `_` and `.`; the sender's domain is added.
    pub fn message_id(&self, about: &str) -> Result<MessageId> {
        format!("{about}@{}", self.from.email.domain()).parse().map_err(Error::internal)
    }

    /// Sends the message; `now` is its date, `request_id` the originating request.
    pub async fn send(
        &self,
        outgoing_email: &OutgoingEmail,
        request_id: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Sent, Failure> {
        let message = message::build(&self.from, outgoing_email, request_id, now)?;
        match &self.backend {
            Backend::Server(server) => {
                db::assert_none_open("the mail server");
                server.send(message).await
            }
            Backend::Files(files) => {
                files.write(&outgoing_email.email.message_id, &message.formatted()).await
            }
        }
    }

    /// The folder that mail is written to; `None` with a mail server.
    pub fn outbox(&self) -> Option<PathBuf> {
        match &self.backend {
            Backend::Server(_) => None,
            Backend::Files(files) => Some(files.folder().to_owned()),
        }
    }

    /// Checks the connection and credentials of the mail server, if there is one.
    pub async fn ping(&self) -> Result<()> {
        match &self.backend {
            Backend::Server(server) => server.ping().await,
            Backend::Files(_) => Ok(()),
        }
    }
}
