//! Which contracts' endpoints receive which events.
//!
//! Two contracts may have events of the same type: the customers of the service provider, of the licensing contract and
//! of the messaging contract are different objects. So an event belongs to a domain, and an endpoint to a contract.

use crate::contracts;
use entities::event::Domain;

/// Whether the contract's endpoints receive events of the domain.
pub fn receives(contract: &str, domain: Domain) -> bool {
    contracts::find(contract).is_some_and(|contract| contract.domains().contains(&domain))
}

/// The domains whose events the contract's endpoints receive, as a list for SQL's `in`: `('all', 'isp')`.
pub fn domains_sql(contract: &str) -> String {
    // An empty list is invalid SQL.
    let Some(contract) = contracts::find(contract) else { return "('')".into() };
    let words = contract.domains().map(|domain| format!("'{}'", domain.as_str()));
    format!("({})", words.join(", "))
}

/// All pairs of a domain and a contract that receives it, as a list for SQL's `in`: `(('isp', 'partner'), …)`.
pub fn pairs_sql() -> String {
    let pairs = contracts::ALL.into_iter().flat_map(|contract| {
        contract.domains().map(|domain| format!("('{}', '{}')", domain.as_str(), contract.name))
    });
    format!("({})", pairs.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contract_receives_its_own_domain_and_no_other_customers() {
        for (contract, domain) in [
            ("partner", Domain::Isp),
            ("operator", Domain::Isp),
            ("vendor", Domain::Isp),
            ("licensing", Domain::Licensing),
            ("messaging", Domain::Messaging),
        ] {
            assert_eq!(contracts::find(contract).unwrap().domain, domain);
            for other in [Domain::Isp, Domain::Licensing, Domain::Messaging] {
                assert_eq!(receives(contract, other), other == domain, "{contract}, {other:?}");
            }
            assert!(receives(contract, Domain::All));
            assert_eq!(domains_sql(contract), format!("('all', '{}')", domain.as_str()));
            assert!(pairs_sql().contains(&format!("('{}', '{contract}')", domain.as_str())));
        }
        assert_eq!(domains_sql("nobody"), "('')");
    }
}
