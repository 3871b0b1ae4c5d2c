//! The contracts that are served.

use edge::Contract;

/// The contracts that are served: a line each.
pub static ALL: [&dyn Contract; 3] = [&partner::Partner, &vendor::Vendor, &messaging_api::Messaging];

#[cfg(test)]
mod tests {
    use crate::contracts::ALL;
    use std::path::Path;

    #[test]
    fn the_contracts_that_are_mounted_are_those_that_the_kernel_says_are_served() {
        let mounted: Vec<_> = ALL.iter().map(|contract| (contract.name(), contract.mount())).collect();
        let served = kernel::contracts::served().map(|contract| (contract.name, contract.mount));
        assert_eq!(mounted, served.collect::<Vec<_>>());
    }

    #[test]
    fn the_committed_documents_are_the_served_ones() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi");
        for contract in crate::contracts() {
            let committed = std::fs::read_to_string(folder.join(format!("{contract}.json")));
            assert!(
                committed.unwrap_or_default() == crate::openapi(contract).unwrap(),
                "openapi/{contract}.json is not what the code says; if the change is meant, renew it:\n\
                 cargo run -- openapi {contract} > openapi/{contract}.json"
            );
        }
    }

    #[test]
    fn no_parameter_is_an_object() {
        for contract in ALL {
            let document: serde_json::Value = serde_json::from_str(contract.document().text()).unwrap();
            let items = document["paths"].as_object().unwrap().values();
            let operations = items.flat_map(|item| item.as_object().unwrap().values());
            let parameters = operations.flat_map(|it| it["parameters"].as_array().into_iter().flatten());
            for parameter in parameters {
                let is_object = parameter["schema"]["properties"].is_object();
                assert!(!is_object, "{}: its service is to be `Documented`: {parameter}", contract.name());
            }
        }
    }

    #[test]
    fn every_scope_that_is_asked_for_can_be_had() {
        for contract in ALL {
            let document: serde_json::Value = serde_json::from_str(contract.document().text()).unwrap();
            let known = [false, true].map(|sandbox| contract.info().scopes.of(sandbox)).concat();
            let items = document["paths"].as_object().unwrap().values();
            let operations = items.flat_map(|item| item.as_object().unwrap().values());
            let asked =
                operations.flat_map(|it| it["x-required-scopes"].as_array().cloned().unwrap_or_default());
            for scope in asked {
                assert!(known.contains(&scope.as_str().unwrap()), "{}: {scope}", contract.name());
            }
        }
    }
}
