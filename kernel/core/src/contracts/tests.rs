use super::*;
use platform::config::Settings;

#[test]
fn every_contract_is_found_by_its_name_alone() {
    for contract in ALL {
        assert!(std::ptr::eq(find(contract.name).unwrap(), contract), "{}", contract.name);
        assert_eq!(contract.mount, format!("/{}", contract.name));
    }
    assert!(find("nobody").is_none() && find("").is_none());
}

#[test]
fn every_contract_that_is_served_has_scopes() {
    for contract in served() {
        let scopes = [false, true].map(|sandbox| contract.scopes.of(sandbox));
        assert!(scopes.iter().all(|scopes| !scopes.is_empty()), "{} has no scopes", contract.name);
    }
}

#[test]
fn every_contract_is_in_the_settings() {
    let mut settings = Settings::default();
    for contract in ALL {
        let plans = settings.plans.names(contract.name);
        assert!(!plans.is_empty(), "{} has no plan in switchyard.toml", contract.name);
        let host = settings.http.hosts.get_mut(contract.name);
        assert!(host.is_some(), "{} is not in http.hosts in switchyard.toml", contract.name);
    }
}

#[test]
fn no_prefix_leads_to_two_contracts() {
    let all: Vec<_> = ALL.iter().flat_map(|contract| contract.keys.prefixes()).collect();
    for (place, one) in all.iter().enumerate() {
        let others = all.iter().enumerate().filter(|(other, _)| *other != place);
        assert!(others.map(|(_, other)| other).all(|other| !other.starts_with(one)), "{one}");
    }
}
