//! The partner contract: partners that sell the provider's services.

mod tiers;

pub use tiers::Tier;

use super::{ContractInfo, KeyFormat, Scopes, WebhookNames};
use entities::event::Domain;

/// The contract's description.
pub static CONTRACT: ContractInfo = ContractInfo {
    name: "partner",
    mount: "/partner",
    is_served: true,
    keys: KeyFormat { live: "pk_live_", sandbox: "pk_test_", audience: None },
    scopes: Scopes::shared(&[
        "customers:read",
        "customers:write",
        "subscriptions:read",
        "subscriptions:write",
        "tickets:read",
        "tickets:write",
        INTERNAL_NOTES,
        "provisioning:read",
        "provisioning:write",
        "bulk:read",
        "bulk:write",
        "webhooks:read",
        "webhooks:write",
        "events:write",
        "ips:read",
        "network:read",
        "serviceability:read",
        "billing:read",
    ]),
    domain: Domain::Isp,
    webhooks: WebhookNames::usual(Some("POST /api/v1/webhooks/{id}/resume")),
};

/// The scope needed, besides reading tickets, to see internal notes.
pub const INTERNAL_NOTES: &str = "tickets:internal";
