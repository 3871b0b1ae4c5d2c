//! A key to be made, and the rules that it has to keep.

use crate::{
    clock::is_moment,
    config::Plans,
    contracts::{self, ContractInfo, KeyFormat},
    error::{Error, Fault, Field, Result},
    mail::address_fault,
};
use chrono::{DateTime, Utc};
use ipnet::IpNet;
use std::net::IpAddr;

/// Characters of a name at most.
const NAME: usize = 100;

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The tenant it speaks for, by name; made if there is none.
    pub organization: String,
    /// Where mail about the tenant goes from now on; none: as before.
    pub organization_email: Option<String>,
    /// The contract it opens.
    pub contract: String,
    /// What the operator calls it: 1 to 100 characters.
    pub name: String,
    /// What it may do: scopes of the contract; `*` is all of them.
    pub scopes: Vec<String>,
    /// The networks (CIDR) or single addresses that it may be used from; none: any.
    pub networks: Vec<String>,
    /// The plan that limits it; empty: the contract's first.
    pub plan: String,
    /// From when on it opens nothing.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether what it begins only plays.
    pub sandbox: bool,
}

impl NewKey {
    /// A key that may do everything, from everywhere, for ever.
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

    /// Refuses what breaks a rule, with every fault; else the networks in their usual form, and the format of
    /// the secret.
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
        let far = far.then(|| Fault::field(Field::Expires, "must be in the year 9999 at the latest"));
        let faults: Vec<_> = faults.into_iter().chain(late).chain(far).collect();
        if faults.is_empty() {
            let networks = self.networks.iter().filter_map(|text| network(text));
            return Ok((networks.map(|network| network.to_string()).collect(), &contract.keys));
        }
        Err(Error::Invalid { message: "The key cannot be made".into(), faults })
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
            return vec![Fault::field(Field::Scope, format!("is missing; there are {}", known.join(", ")))];
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
        let form = "is no network or address such as 203.0.113.0/24, 192.0.2.7 or 2001:db8::/32";
        bad.map(|text| Fault::field(Field::Network, format!("`{text}` {form}"))).collect()
    }
}

fn one_of(given: &str, known: &[&str]) -> String {
    format!("`{given}` is not known; there are {}", known.join(", "))
}

/// A network, or a single address as one.
fn network(text: &str) -> Option<IpNet> {
    let network = text.parse().ok().or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?)));
    network.map(|network| network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

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
        assert!(faults(&NewKey { scopes: vec![], ..NewKey::plain("a", "partner", "x") }).contains("missing"));
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
