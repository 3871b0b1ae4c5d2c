//! The operator contract: service providers that sell their own services.

use super::{ContractInfo, KeyFormat, Scopes, WebhookNames};
use entities::event::Domain;

/// The contract's description.
pub static CONTRACT: ContractInfo = ContractInfo {
    name: "operator",
    mount: "/operator",
    is_served: false,
    keys: KeyFormat { live: "isp_live_", sandbox: "test_isp_", audience: None },
    scopes: Scopes::NONE,
    domain: Domain::Isp,
    webhooks: WebhookNames::usual(None),
};
