//! Which contracts' endpoints receive which events.
//!
//! Two contracts may have events of one type: the customers of the service provider, of the licensing contract and of
//! the messaging contract are three kinds of objects. An event is therefore of a domain, and an endpoint of a contract.

use entities::event::Domain;

/// The contracts whose endpoints receive the events of each domain. [`Domain::All`] goes to every contract.
const AUDIENCES: &[(Domain, &[&str])] = &[
    (Domain::All, &["partner", "operator", "vendor", "licensing", "messaging"]),
    (Domain::Isp, &["partner", "operator", "vendor"]),
    (Domain::Licensing, &["licensing"]),
    (Domain::Messaging, &["messaging"]),
];

/// Whether the contract's endpoints receive events of the domain.
pub fn receives(contract: &str, domain: Domain) -> bool {
    AUDIENCES.iter().any(|(of, contracts)| *of == domain && contracts.contains(&contract))
}

/// The domains whose events the contract's endpoints receive, as a list for SQL's `in`: `('all', 'isp')`.
pub(crate) fn domains_sql(contract: &str) -> String {
    let received = AUDIENCES.iter().filter(|(_, contracts)| contracts.contains(&contract));
    let words: Vec<_> = received.map(|(domain, _)| format!("'{}'", domain.as_str())).collect();
    // An empty list is no SQL.
    if words.is_empty() { "('')".into() } else { format!("({})", words.join(", ")) }
}

/// All pairs of a domain and a contract that receives it, as a list for SQL's `in`: `(('isp', 'partner'), …)`.
pub(crate) fn pairs_sql() -> String {
    let pair = |(domain, contracts): &(Domain, &'static [&str])| {
        let word = domain.as_str();
        contracts.iter().map(move |contract| format!("('{word}', '{contract}')")).collect::<Vec<_>>()
    };
    format!("({})", AUDIENCES.iter().flat_map(pair).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::Form;

    #[test]
    fn every_contract_receives_its_own_domain_and_no_other_customers() {
        for (contract, domain) in [
            ("partner", Domain::Isp),
            ("operator", Domain::Isp),
            ("vendor", Domain::Isp),
            ("licensing", Domain::Licensing),
            ("messaging", Domain::Messaging),
        ] {
            assert!(Form::of(contract).is_some(), "{contract} has webhooks");
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
