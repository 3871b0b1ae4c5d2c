//! Messages with attachments.

use super::Email;

/// A message with attachments. Only the message can be a job's payload: the ledger stores no files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingEmail {
    /// The message.
    pub email: Email,
    /// The attachments, in order.
    pub attachments: Vec<Attachment>,
}

/// An attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// File name, in any script: `INV-2026-000001.pdf`.
    pub file_name: String,
    /// Media type: `application/pdf`.
    pub content_type: String,
    /// Content.
    pub bytes: Vec<u8>,
}

impl From<Email> for OutgoingEmail {
    fn from(email: Email) -> Self {
        Self { email, attachments: vec![] }
    }
}
