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
fn the_request_that_resumes_a_webhook_is_the_contracts_own() {
    let id = EndpointId(Uuid::from_u128(1));
    for (contract, expected) in [
        ("partner", Some("POST /api/v1/webhooks/wh_00000000000000000000000001/resume")),
        ("vendor", None),
        (
            "messaging",
            Some(
                r#"PATCH /v1/webhook_subscriptions/wbs_00000000000000000000000001 with {"status": "active"}"#,
            ),
        ),
    ] {
        assert_eq!(find(contract).unwrap().webhooks.resume(id).as_deref(), expected);
    }
    let vendor = find("vendor").unwrap().webhooks.endpoint;
    assert_eq!(vendor.show(id.0), "00000000-0000-0000-0000-000000000001");
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
