//! The licensing contract: software licences.

use super::{ContractInfo, KeyFormat, Scopes, WebhookNames};
use entities::event::Domain;

/// The contract's description.
pub static CONTRACT: ContractInfo = ContractInfo {
    name: "licensing",
    mount: "/licensing",
    is_served: false,
    keys: KeyFormat { live: "lic_live_", sandbox: "lic_test_", audience: None },
    scopes: Scopes::NONE,
    domain: Domain::Licensing,
    webhooks: WebhookNames::usual(Some(r#"PATCH /api/v1/webhooks/{id} with {"is_active": true}"#)),
};
