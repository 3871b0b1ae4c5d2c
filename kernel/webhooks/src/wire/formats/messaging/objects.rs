//! Objects in deliveries, as the contract's operations show them.

use crate::wire::time;
use entities::{RawJson, messaging_customer::MessagingCustomerStatus, setup_link::SetupLinkStatus};
use kernel::events::payloads::{MessagingCustomer, SetupLink};
use serde::Serialize;

/// A customer.
#[derive(Serialize)]
pub(super) struct Customer {
    id: String,
    object: &'static str,
    name: String,
    email: Option<String>,
    status: MessagingCustomerStatus,
    metadata: Option<RawJson>,
    archived_at: Option<String>,
    team_id: String,
    created_at: String,
    updated_at: String,
}

impl From<MessagingCustomer> for Customer {
    fn from(customer: MessagingCustomer) -> Self {
        Self {
            id: customer.id.to_string(),
            object: "customer",
            name: customer.name,
            email: customer.email,
            status: customer.status,
            metadata: customer.metadata,
            archived_at: customer.archived_at.map(time),
            team_id: customer.team,
            created_at: time(customer.created_at),
            updated_at: time(customer.updated_at),
        }
    }
}

/// A setup link.
#[derive(Serialize)]
pub(super) struct CustomerSetupLink {
    id: String,
    object: &'static str,
    customer_id: String,
    status: SetupLinkStatus,
    token_last4: String,
    expires_at: String,
    consumed_at: Option<String>,
    success_redirect_url: Option<String>,
    failure_redirect_url: Option<String>,
    created_at: String,
}

impl From<SetupLink> for CustomerSetupLink {
    fn from(link: SetupLink) -> Self {
        Self {
            id: link.id.to_string(),
            object: "customer_setup_link",
            customer_id: link.customer_id.to_string(),
            status: link.status,
            token_last4: link.token_last4,
            expires_at: time(link.expires_at),
            consumed_at: link.consumed_at.map(time),
            success_redirect_url: link.success_url,
            failure_redirect_url: link.failure_url,
            created_at: time(link.created_at),
        }
    }
}
