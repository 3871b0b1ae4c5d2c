//! What credentials look like, and what they can open, contract by contract.

/// The contracts that are served, and so take credentials.
pub const CONTRACTS: &[&str] = &["partner", "vendor"];

/// What an access token of the vendor contract's live clients may do.
pub const VENDOR: &str = "vendor:provisioning";
/// What an access token of the vendor contract's sandbox clients may do.
pub const VENDOR_SIMULATION: &str = "vendorSimulation:provisioning";

/// What a key of the partner contract needs, besides reading tickets, to see the notes that customers do not.
pub const PARTNER_INTERNAL_NOTES: &str = "tickets:internal";

/// How the secrets of a contract begin, and for whom its tokens are.
pub(super) struct KeyFormat {
    /// The contract's name.
    pub contract: &'static str,
    live: &'static str,
    sandbox: &'static str,
    /// The `aud` of its access tokens; none where keys are used as such.
    pub audience: Option<&'static str>,
}

const fn keys(contract: &'static str, live: &'static str, sandbox: &'static str) -> KeyFormat {
    KeyFormat { contract, live, sandbox, audience: None }
}

const FORMS: &[KeyFormat] = &[
    keys("partner", "pk_live_", "pk_test_"),
    keys("operator", "isp_live_", "test_isp_"),
    KeyFormat {
        contract: "vendor",
        live: "vs_live_",
        sandbox: "vs_test_",
        audience: Some("api://provisioning"),
    },
    keys("licensing", "lic_live_", "lic_test_"),
    keys("messaging", "msg_live_", "msg_test_"),
];

impl KeyFormat {
    /// The form of a contract's secrets.
    pub fn of(contract: &str) -> Option<&'static Self> {
        FORMS.iter().find(|form| form.contract == contract)
    }

    /// How a secret begins.
    pub const fn prefix(&self, sandbox: bool) -> &'static str {
        if sandbox { self.sandbox } else { self.live }
    }

    /// The beginnings of all secrets of the contract.
    pub const fn prefixes(&self) -> [&'static str; 2] {
        [self.live, self.sandbox]
    }
}

/// Whether a contract's credentials are exchanged for access tokens, instead of being sent with requests.
pub fn has_tokens(contract: &str) -> bool {
    KeyFormat::of(contract).is_some_and(|form| form.audience.is_some())
}

/// All scopes of a contract; `*` stands for all of them.
pub fn scopes(contract: &str) -> &'static [&'static str] {
    match contract {
        "partner" => &[
            "customers:read",
            "customers:write",
            "subscriptions:read",
            "subscriptions:write",
            "tickets:read",
            "tickets:write",
            PARTNER_INTERNAL_NOTES,
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
        ],
        "vendor" => &[VENDOR, VENDOR_SIMULATION],
        _ => &[],
    }
}

/// The scopes that a credential can have: where play has scopes of its own, a sandbox credential has those
/// and no others.
pub fn scopes_for(contract: &str, sandbox: bool) -> &'static [&'static str] {
    match (contract, sandbox) {
        ("vendor", false) => &[VENDOR],
        ("vendor", true) => &[VENDOR_SIMULATION],
        _ => scopes(contract),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contract_that_is_served_has_a_form_and_scopes() {
        for contract in CONTRACTS {
            assert!(KeyFormat::of(contract).is_some() && !scopes(contract).is_empty(), "{contract}");
            let parts = [false, true].map(|sandbox| scopes_for(contract, sandbox));
            assert!(parts.iter().all(|part| part.iter().all(|scope| scopes(contract).contains(scope))));
        }
    }

    #[test]
    fn no_beginning_leads_to_two_contracts() {
        let all: Vec<_> = FORMS.iter().flat_map(KeyFormat::prefixes).collect();
        for (place, one) in all.iter().enumerate() {
            let others = all.iter().enumerate().filter(|(other, _)| *other != place);
            assert!(others.map(|(_, other)| other).all(|other| !other.starts_with(one)), "{one}");
        }
    }
}
