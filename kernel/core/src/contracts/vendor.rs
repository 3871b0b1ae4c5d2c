//! The vendor contract: vendors that fulfil orders.

use super::{ContractInfo, IdForm, KeyFormat, Scopes, WebhookNames};
use entities::event::Domain;

/// The contract's description.
pub static CONTRACT: ContractInfo = ContractInfo {
    name: "vendor",
    mount: "/vendor",
    is_served: true,
    keys: KeyFormat { live: "vs_live_", sandbox: "vs_test_", audience: Some("api://provisioning") },
    scopes: Scopes { live: &[PROVISIONING], sandbox: &[SIMULATION] },
    domain: Domain::Isp,
    webhooks: WebhookNames { endpoint: IdForm::Uuid, delivery: IdForm::Uuid, resume: None },
};

/// The scopes of a live client's access token.
pub const PROVISIONING: &str = "vendor:provisioning";
/// The scopes of a sandbox client's access token.
pub const SIMULATION: &str = "vendorSimulation:provisioning";
