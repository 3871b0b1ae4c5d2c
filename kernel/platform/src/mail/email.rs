//! A message.

use super::MessageId;
use serde::{Deserialize, Serialize};

/// A text that is sent to some addresses, as one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// To whom: addresses, with or without a name. All of them, or nobody, gets it.
    pub to: Vec<String>,
    /// What it is about, in one line.
    pub subject: String,
    /// What it says, as plain text.
    pub text: String,
    /// The same however often it is sent: mail programs show one message.
    pub message_id: MessageId,
}
