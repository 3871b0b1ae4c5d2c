//! Changes to a ticket. Here the contract has other words for two values than where it shows them: both are
//! taken for both.

use edge::{
    schema::wire,
    types::{Nullable, Optional, Text, text},
};
use entities::ticket as row;
use isp::tickets::Changes;
use poem_openapi::{Enum, Object};
use serde_json::Value;

/// Maximum length of a tag.
const LONGEST_TAG: usize = 50;

text!(
    /// A tag.
    Tag, { max_length: Some(LONGEST_TAG) }, is_tag
);

fn is_tag(text: &str) -> bool {
    text.chars().nth(LONGEST_TAG).is_none()
}

/// Priority to set on a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::TicketPriority")]
pub enum NewTicketPriority {
    /// When there is time.
    Low,
    /// The usual.
    Medium,
    /// Before the usual.
    High,
    /// Before all others.
    #[oai(rename = "CRITICAL")]
    Urgent,
}

/// Status to set on a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::TicketStatus")]
pub enum NewTicketStatus {
    /// Nobody works on it yet.
    Open,
    /// Somebody does.
    InProgress,
    /// The customer has to do something first.
    Waiting,
    /// The matter is settled; it may come up again.
    Resolved,
    /// Closed; cannot be reopened.
    Closed,
}

/// Changes to a ticket. Omitted properties stay unchanged.
#[derive(Debug, Object)]
pub struct UpdateTicket {
    /// Status. `WAITING` is returned as `WAITING_CUSTOMER`, which is accepted too. A closed ticket cannot be reopened
    /// (409).
    pub status: Optional<NewTicketStatus>,
    /// Priority. `CRITICAL` is returned as `URGENT`, which is accepted too.
    pub priority: Optional<NewTicketPriority>,
    /// Assignee, free text; null or an empty string: nobody.
    #[oai(validator(max_length = 100))]
    pub assignee: Optional<Nullable<Text>>,
    /// Tags, replaced as a whole; null: none.
    #[oai(validator(max_items = 10))]
    pub tags: Optional<Nullable<Vec<Tag>>>,
}

wire!(UpdateTicket, rewording same_words, is update true);

/// Puts the words of the object shown in those that its changes are documented with.
fn same_words(body: &mut Value) {
    for (field, shown, meant) in
        [("status", "WAITING_CUSTOMER", "WAITING"), ("priority", "URGENT", "CRITICAL")]
    {
        if let Some(word) = body.get_mut(field).filter(|word| **word == shown) {
            *word = meant.into();
        }
    }
}

impl From<UpdateTicket> for Changes {
    fn from(update: UpdateTicket) -> Self {
        Self {
            status: update.status.into(),
            priority: update.priority.into(),
            assigned_to: update.assignee.update(),
            tags: update.tags.0.map(|tags| tags.0.into_iter().flatten().map(|tag| tag.0).collect()),
        }
    }
}
