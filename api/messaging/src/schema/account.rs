//! WhatsApp accounts on the wire.

use super::{
    envelope::{envelope, object_type},
    id::has_form,
};
use edge::types::{Nullable, text};
use entities::{ids::MessagingCustomerId, whatsapp_account};
use poem_openapi::{Enum, Object};

object_type!(AccountObject, "account");

text!(
    /// The ID of a customer.
    CustomerId, { pattern: Some("^cus_[0-9A-HJKMNP-TV-Z]{26}$".into()), title: Some("a customer ID".into()) }, is_id
);

fn is_id(text: &str) -> bool {
    has_form(text, MessagingCustomerId::PREFIX)
}

/// Which accounts to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum AccountFilter {
    /// Those that send and receive.
    #[default]
    Connected,
    /// All.
    All,
}

/// A WhatsApp account.
#[derive(Debug, Object)]
pub struct WhatsappAccount {
    /// Always `account`.
    pub object: AccountObject,
    /// Meta's ID of the number.
    pub phone_number_id: Nullable<String>,
    /// The number, with its country code.
    pub phone_number: Nullable<String>,
    /// Verified name.
    pub name: Nullable<String>,
    /// Current status: `onboarding`, `connected`, `degraded` or `disconnected`.
    pub status: String,
    /// Customer ID; null for your own account.
    pub customer_id: Nullable<String>,
}

envelope!(
    /// WhatsApp accounts.
    ListAccountsResponse,
    /// The accounts, newest first.
    list of WhatsappAccount
);

impl From<whatsapp_account::Model> for WhatsappAccount {
    fn from(account: whatsapp_account::Model) -> Self {
        Self {
            object: AccountObject::Word,
            phone_number_id: Nullable(Some(account.provider_id)),
            phone_number: Nullable(account.phone_number),
            name: Nullable(account.name),
            status: account.status.as_str().into(),
            customer_id: Nullable(account.customer_id.map(|id| id.to_string())),
        }
    }
}
