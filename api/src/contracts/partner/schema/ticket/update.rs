//! Changes to a ticket. Here the contract has other words for two values than where it shows them: both are
//! taken for both.

use crate::{
    schema::wire,
    types::{Maybe, Nullable, Text, text},
};
use entities::ticket as row;
use kernel::domain::tickets::Changes;
use poem_openapi::{Enum, Object};
use serde_json::Value;

/// Characters of a tag at most.
const LONGEST_TAG: usize = 50;

text!(
    /// A tag.
    Tag, { max_length: Some(LONGEST_TAG) }, is_tag
);

fn is_tag(text: &str) -> bool {
    text.chars().nth(LONGEST_TAG).is_none()
}

/// How much a ticket is to matter.
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

/// Where a ticket is to stand.
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
    /// It has ended for good.
    Closed,
}

/// Changes to a ticket; what is left out stays as it is.
#[derive(Debug, Object)]
pub struct UpdateTicket {
    /// Where it is to stand. `WAITING` is shown as `WAITING_CUSTOMER`, which is taken here too. A ticket that is
    /// closed stays so (409).
    pub status: Maybe<NewTicketStatus>,
    /// How much it is to matter. `CRITICAL` is shown as `URGENT`, which is taken here too.
    pub priority: Maybe<NewTicketPriority>,
    /// Who is to work on it, in your own words; null or the empty text: nobody.
    #[oai(validator(max_length = 100))]
    pub assignee: Maybe<Nullable<Text>>,
    /// Labels, in place of those that were there; null: none.
    #[oai(validator(max_items = 10))]
    pub tags: Maybe<Nullable<Vec<Tag>>>,
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
