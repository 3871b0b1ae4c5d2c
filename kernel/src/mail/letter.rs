//! What is sent: a message, and what goes along with it.

use crate::jobs::Email;

/// A message with what is attached to it. Only the message can be a job's payload: the ledger keeps no files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingEmail {
    /// The message.
    pub email: Email,
    /// What goes along, in this order.
    pub attachments: Vec<Attachment>,
}

/// A file that goes along with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, in any language: `INV-2026-000001.pdf`.
    pub file_name: String,
    /// What it is: `application/pdf`.
    pub content_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl From<Email> for OutgoingEmail {
    fn from(email: Email) -> Self {
        Self { email, attachments: vec![] }
    }
}
