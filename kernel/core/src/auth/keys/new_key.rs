//! New keys and their rules.

use crate::contracts::{self, ContractInfo, KeyFormat};
use chrono::{DateTime, Utc};
use ipnet::IpNet;
use platform::{
    clock::is_moment,
    config::Plans,
    error::{Error, Fault, Field, Result},
    mail_address::address_fault,
};
use std::net::IpAddr;

/// Maximum length of a name.
const NAME: usize = 100;

/// A new key.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The name of its tenant, which is created if it does not exist.
    pub organization: String,
    /// The tenant's contact address; `None`: unchanged.
    pub organization_email: Option<String>,
    /// The contract.
    pub contract: String,
    /// Its name, 1 to 100 characters.
    pub name: String,
    /// Its scopes; `*` is all of the contract's.
    pub scopes: Vec<String>,
    /// The allowed networks (CIDR) or addresses; empty: any.
    pub networks: Vec<String>,
    /// The rate limit plan; empty: the contract's first.
    pub plan: String,
    /// The expiry, if any.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it is a sandbox key.
    pub sandbox: bool,
}

impl NewKey {
    /// A key with all scopes, from any address, without expiry.
    pub fn plain(organization: &str, contract: &str, name: &str) -> Self {
        Self {
            organization: organization.into(),
            organization_email: None,
            contract: contract.into(),
            name: name.into(),
            scopes: vec!["*".into()],
            networks: vec![],
            plan: String::new(),
            expires_at: None,
            sandbox: false,
        }
    }

    /// Validates it, with all faults; returns the normalized networks and the format of the secret.
    pub(super) fn check(
        &self,
        plans: &Plans,
        now: DateTime<Utc>,
    ) -> Result<(Vec<String>, &'static KeyFormat)> {
        let Some(contract) = contracts::find(&self.contract).filter(|contract| contract.is_served) else {
            let known: Vec<_> = contracts::served().map(|contract| contract.name).collect();
            return Err(Error::invalid(Fault::field(Field::Contract, one_of(&self.contract, &known))));
        };
        let faults: Vec<_> = [
            self.names(),
            self.bad_email(),
            self.unknown_scopes(contract),
            self.unknown_plan(plans),
            self.bad_networks(),
        ]
        .concat();
        let late = self.expires_at.is_some_and(|at| at <= now);
        let late = late.then(|| Fault::field(Field::Expires, "must be in the future"));
        let far = self.expires_at.is_some_and(|at| !is_moment(at));
        let far = far.then(|| Fault::field(Field::Expires, "must be no later than the year 9999"));
        let faults: Vec<_> = faults.into_iter().chain(late).chain(far).collect();
        if faults.is_empty() {
            let networks = self.networks.iter().filter_map(|text| network(text));
            return Ok((networks.map(|network| network.to_string()).collect(), &contract.keys));
        }
        Err(Error::Invalid { message: "The key cannot be created".into(), faults })
    }

    fn names(&self) -> Vec<Fault> {
        let fits =
            |text: &str| (1..=NAME).contains(&text.chars().count()) && !text.contains(char::is_control);
        let names = [(Field::Name, &self.name), (Field::Organization, &self.organization)];
        let bad = names.into_iter().filter(|(_, text)| !fits(text));
        bad.map(|(field, _)| Fault::field(field, format!("must have 1 to {NAME} characters"))).collect()
    }

    fn bad_email(&self) -> Vec<Fault> {
        let fault = |text: &String| {
            let message = format!("`{text}` {}, such as ops@example.com", address_fault(text)?);
            Some(Fault::field(Field::OrganizationEmail, message))
        };
        self.organization_email.iter().filter_map(fault).collect()
    }

    fn unknown_scopes(&self, contract: &ContractInfo) -> Vec<Fault> {
        let known = [contract.scopes.of(self.sandbox), &["*"]].concat();
        if self.scopes.is_empty() {
            return vec![Fault::field(
                Field::Scope,
                format!("is required; expected one or more of {}", known.join(", ")),
            )];
        }
        let unknown = self.scopes.iter().filter(|scope| !known.contains(&scope.as_str()));
        unknown.map(|scope| Fault::field(Field::Scope, one_of(scope, &known))).collect()
    }

    fn unknown_plan(&self, plans: &Plans) -> Vec<Fault> {
        let known = plans.names(&self.contract);
        let unknown = !self.plan.is_empty() && !known.contains(&&*self.plan);
        if unknown { vec![Fault::field(Field::Plan, one_of(&self.plan, &known))] } else { vec![] }
    }

    fn bad_networks(&self) -> Vec<Fault> {
        let bad = self.networks.iter().filter(|text| network(text).is_none());
        let form = "is not a network or address such as 203.0.113.0/24, 192.0.2.7 or 2001:db8::/32";
        bad.map(|text| Fault::field(Field::Network, format!("`{text}` {form}"))).collect()
    }
}

fn one_of(given: &str, known: &[&str]) -> String {
    format!("`{given}` is unknown; expected one of {}", known.join(", "))
}

/// A network; a single address is one too.
fn network(text: &str) -> Option<IpNet> {
    let network = text.parse().ok().or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?)));
    network.map(|network| network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::config::Settings;

    fn faults(key: &NewKey) -> String {
        let checked = key.check(&Settings::default().plans, "2026-11-21T00:00:00Z".parse().unwrap());
        checked.map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn everything_wrong_is_named() {
        let wrong = NewKey {
            name: String::new(),
            organization_email: Some("ops@".into()),
            scopes: vec!["customers:read".into(), "nonsense".into()],
            networks: vec!["10.0.0.0/8".into(), "300.0.0.1".into()],
            plan: "gold".into(),
            expires_at: Some("2026-11-20T00:00:00Z".parse().unwrap()),
            ..NewKey::plain("acme", "partner", "")
        };
        let text = faults(&wrong);
        for part in
            ["name", "`ops@`", "`nonsense`", "bulk:write", "`300.0.0.1`", "`gold`", "starter", "future"]
        {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(
            faults(&NewKey::plain("acme", "operator", "x")).contains("partner, vendor"),
            "not served yet"
        );
        assert!(
            faults(&NewKey { scopes: vec![], ..NewKey::plain("a", "partner", "x") }).contains("required")
        );
    }

    #[test]
    fn networks_get_their_usual_form() {
        let networks = ["192.0.2.7", "10.1.2.3/8", "2001:DB8::1/32"].map(str::to_owned).to_vec();
        let key = NewKey { networks, ..NewKey::plain("acme", "partner", "x") };
        let (networks, _) = key.check(&Settings::default().plans, Utc::now()).unwrap();
        assert_eq!(networks, ["192.0.2.7/32", "10.0.0.0/8", "2001:db8::/32"]);
    }

    #[test]
    fn play_has_scopes_of_its_own() {
        let with = |sandbox, scope: &str| {
            let scopes = vec![scope.to_owned()];
            faults(&NewKey { scopes, sandbox, ..NewKey::plain("acme", "vendor", "x") })
        };
        assert_eq!(with(false, "vendor:provisioning"), "");
        assert_eq!(with(true, "vendorSimulation:provisioning"), "");
        assert_ne!(with(true, "vendor:provisioning"), "");
        assert_ne!(with(false, "vendorSimulation:provisioning"), "");
    }
}
