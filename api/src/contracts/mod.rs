//! The contracts; none imports another.

pub mod partner;
pub mod vendor;

use poem::http::{HeaderMap, header};

/// What follows the scheme in `Authorization`, if it is this one (in lower case). What is not text is nothing.
pub fn authorization<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (given, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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
    fn every_scope_that_is_asked_for_can_be_had() {
        for contract in crate::contracts() {
            let document: serde_json::Value =
                serde_json::from_str(&crate::openapi(contract).unwrap()).unwrap();
            let items = document["paths"].as_object().unwrap().values();
            let operations = items.flat_map(|item| item.as_object().unwrap().values());
            let asked =
                operations.flat_map(|it| it["x-required-scopes"].as_array().cloned().unwrap_or_default());
            for scope in asked {
                let known = kernel::auth::scopes(contract);
                assert!(known.contains(&scope.as_str().unwrap()), "{contract}: {scope}");
            }
        }
    }
}
