//! Customers of messaging, and their setup links.

use chrono::{DateTime, Utc};
use entities::{
    RawJson,
    ids::{MessagingCustomerId, SetupLinkId},
    messaging_customer::MessagingCustomerStatus,
    setup_link::SetupLinkStatus,
};
use serde::{Deserialize, Serialize};

/// A customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessagingCustomer {
    /// [`Self::VERSION`] when it was recorded.
    pub version: u16,
    /// The customer.
    pub id: MessagingCustomerId,
    /// The organization's name of its team.
    pub team: String,
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The status.
    pub status: MessagingCustomerStatus,
    /// Custom metadata.
    pub metadata: Option<RawJson>,
    /// When it was archived.
    pub archived_at: Option<DateTime<Utc>>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl MessagingCustomer {
    /// The version of payloads recorded now.
    pub const VERSION: u16 = 1;
}

/// A setup link, without its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupLink {
    /// [`Self::VERSION`] when it was recorded.
    pub version: u16,
    /// The link.
    pub id: SetupLinkId,
    /// The customer.
    pub customer_id: MessagingCustomerId,
    /// The status.
    pub status: SetupLinkStatus,
    /// The last four characters of its token.
    pub token_last4: String,
    /// When it expires.
    pub expires_at: DateTime<Utc>,
    /// When it was used.
    pub consumed_at: Option<DateTime<Utc>>,
    /// Where the browser goes after success.
    pub success_url: Option<String>,
    /// Where the browser goes after a failure.
    pub failure_url: Option<String>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

impl SetupLink {
    /// The version of payloads recorded now.
    pub const VERSION: u16 = 1;
}
