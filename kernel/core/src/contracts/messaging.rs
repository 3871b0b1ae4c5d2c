//! The messaging contract: messages and conversations.

use super::{ContractInfo, IdForm, KeyFormat, Scopes, WebhookNames};
use entities::event::Domain;

/// The contract's description.
pub static CONTRACT: ContractInfo = ContractInfo {
    name: "messaging",
    mount: "/messaging",
    is_served: true,
    keys: KeyFormat { live: "kdv_live_", sandbox: "kdv_test_", audience: None },
    scopes: Scopes {
        live: &["customers:read", "customers:write", "accounts:read", "webhooks:read", "webhooks:write"],
        // Webhooks belong to the live side.
        sandbox: &["customers:read", "customers:write", "accounts:read"],
    },
    domain: Domain::Messaging,
    webhooks: WebhookNames {
        endpoint: IdForm::Prefixed(WEBHOOK_PREFIX),
        delivery: IdForm::Prefixed(DELIVERY_PREFIX),
        resume: Some(r#"PATCH /v1/webhook_subscriptions/{id} with {"status": "active"}"#),
    },
};

/// The prefix of the ids of webhooks.
pub const WEBHOOK_PREFIX: &str = "wbs_";
/// The prefix of the ids of delivery attempts.
pub const DELIVERY_PREFIX: &str = "wbd_";
