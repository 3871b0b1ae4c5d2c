//! Which contracts' endpoints hear which events.
//!
//! Two contracts may have events of one type: the customers of the service provider, of the licensing contract and of
//! the messaging contract are three kinds of objects. An event is therefore of a domain, and an endpoint of a contract.

use entities::event::Domain;

/// The contracts whose endpoints hear the events of each domain. [`Domain::All`] is heard by every contract.
const HEARD: &[(Domain, &[&str])] = &[
    (Domain::All, &["partner", "operator", "vendor", "licensing", "messaging"]),
    (Domain::Isp, &["partner", "operator", "vendor"]),
    (Domain::Licensing, &["licensing"]),
    (Domain::Messaging, &["messaging"]),
];

/// Whether the contract's endpoints hear events of the domain.
pub fn hears(contract: &str, domain: Domain) -> bool {
    HEARD.iter().any(|(of, contracts)| *of == domain && contracts.contains(&contract))
}

/// The domains that the contract's endpoints hear, as a list for `in` in SQL: `('all', 'isp')`.
pub(crate) fn heard_by(contract: &str) -> String {
    let heard = HEARD.iter().filter(|(_, contracts)| contracts.contains(&contract));
    let words: Vec<_> = heard.map(|(domain, _)| format!("'{}'", domain.as_str())).collect();
    // An empty list is no SQL.
    if words.is_empty() { "('')".into() } else { format!("({})", words.join(", ")) }
}

/// All pairs of a domain and a contract that hears it, as a list for `in` in SQL: `(('isp', 'partner'), …)`.
pub(crate) fn pairs() -> String {
    let pair = |(domain, contracts): &(Domain, &'static [&str])| {
        let word = domain.as_str();
        contracts.iter().map(move |contract| format!("('{word}', '{contract}')")).collect::<Vec<_>>()
    };
    format!("({})", HEARD.iter().flat_map(pair).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::Form;

    #[test]
    fn every_contract_hears_its_own_domain_and_no_other_customers() {
        for (contract, domain) in [
            ("partner", Domain::Isp),
            ("operator", Domain::Isp),
            ("vendor", Domain::Isp),
            ("licensing", Domain::Licensing),
            ("messaging", Domain::Messaging),
        ] {
            assert!(Form::of(contract).is_some(), "{contract} has webhooks");
            for other in [Domain::Isp, Domain::Licensing, Domain::Messaging] {
                assert_eq!(hears(contract, other), other == domain, "{contract}, {other:?}");
            }
            assert!(hears(contract, Domain::All));
            assert_eq!(heard_by(contract), format!("('all', '{}')", domain.as_str()));
            assert!(pairs().contains(&format!("('{}', '{contract}')", domain.as_str())));
        }
        assert_eq!(heard_by("nobody"), "('')");
    }
}
