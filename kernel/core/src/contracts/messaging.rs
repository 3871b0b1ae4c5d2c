//! The messaging contract: messages and conversations.

use super::{ContractInfo, KeyFormat, Scopes};
use entities::event::Domain;

/// The contract's description.
pub static CONTRACT: ContractInfo = ContractInfo {
    name: "messaging",
    mount: "/messaging",
    is_served: true,
    keys: KeyFormat { live: "msg_live_", sandbox: "msg_test_", audience: None },
    scopes: Scopes::shared(&[
        "customers:read",
        "customers:write",
        "accounts:read",
        "accounts:write",
        "templates:read",
        "templates:write",
        "messages:read",
        "messages:write",
        "webhooks:read",
        "webhooks:write",
    ]),
    domain: Domain::Messaging,
};
