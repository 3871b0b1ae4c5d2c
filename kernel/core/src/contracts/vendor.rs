//! The vendor contract: vendors who fulfil what was ordered.

use super::{ContractInfo, KeyFormat, Scopes};
use entities::event::Domain;

/// What the platform has to know of it.
pub static CONTRACT: ContractInfo = ContractInfo {
    name: "vendor",
    mount: "/vendor",
    is_served: true,
    keys: KeyFormat { live: "vs_live_", sandbox: "vs_test_", audience: Some("api://provisioning") },
    scopes: Scopes { live: &[PROVISIONING], sandbox: &[SIMULATION] },
    domain: Domain::Isp,
};

/// What an access token of a live client may do.
pub const PROVISIONING: &str = "vendor:provisioning";
/// What an access token of a sandbox client may do.
pub const SIMULATION: &str = "vendorSimulation:provisioning";
