//! The messaging contract: messages and conversations.

use super::{ContractInfo, KeyFormat, Scopes};
use entities::event::Domain;

/// The contract's description.
pub static CONTRACT: ContractInfo = ContractInfo {
    name: "messaging",
    mount: "/messaging",
    is_served: false,
    keys: KeyFormat { live: "msg_live_", sandbox: "msg_test_", audience: None },
    scopes: Scopes::NONE,
    domain: Domain::Messaging,
};
