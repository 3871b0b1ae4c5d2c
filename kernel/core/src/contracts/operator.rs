//! The operator contract: service providers who sell their services themselves.

use super::{ContractInfo, KeyFormat, Scopes};
use entities::event::Domain;

/// What the platform has to know of it.
pub static CONTRACT: ContractInfo = ContractInfo {
    name: "operator",
    mount: "/operator",
    is_served: false,
    keys: KeyFormat { live: "isp_live_", sandbox: "test_isp_", audience: None },
    scopes: Scopes::NONE,
    domain: Domain::Isp,
};
