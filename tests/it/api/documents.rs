//! The documents themselves: what is served is what is committed, and what holds for each operation in it.

use super::document::{DOCUMENTS, Operation, operations};
use crate::app::{Pairing, TestApp};
use anyhow::{Result, ensure};
use reqwest::Method;
use std::{collections::BTreeSet, path::Path};

fn committed() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi")
}

#[test]
fn the_committed_documents_are_those_of_the_code() {
    for contract in api::contracts() {
        let committed = std::fs::read_to_string(committed().join(format!("{contract}.json")));
        assert!(
            committed.ok() == api::openapi(contract),
            "openapi/{contract}.json is not what the code says; if the change is meant, renew it:\n\
             cargo run -- openapi {contract} > openapi/{contract}.json"
        );
    }
}

#[test]
fn no_document_is_left_of_a_contract_that_is_gone() -> Result<()> {
    let files = std::fs::read_dir(committed())?.collect::<Result<Vec<_>, _>>()?;
    let files = files.iter().filter_map(|file| file.file_name().into_string().ok());
    let expected = api::contracts().map(|contract| format!("{contract}.json"));
    assert_eq!(files.collect::<BTreeSet<_>>(), expected.collect());
    Ok(())
}

#[tokio::test]
async fn documents_are_served_without_a_credential() -> Result<()> {
    let mut app = TestApp::new(Pairing::Embedded, |_| {}).await?;
    let origin = app.listen().await?;
    for contract in api::contracts() {
        let answer = reqwest::get(format!("{origin}/{contract}/openapi.json")).await?;
        assert_eq!(answer.headers()["content-type"], "application/json");
        assert_eq!(Some(answer.text().await?), api::openapi(contract));
    }
    app.drain().await
}

#[test]
fn schemas_are_json_schema() -> Result<()> {
    for document in DOCUMENTS.iter() {
        let schemas = document.json["components"]["schemas"].as_object();
        for (name, schema) in schemas.into_iter().flatten() {
            document.validator(schema).map_err(|error| error.context(name.clone()))?;
        }
    }
    Ok(())
}

#[test]
fn operations_tell_all_that_a_client_has_to_know() -> Result<()> {
    let mut ids = BTreeSet::new();
    for operation in operations() {
        let id = operation.spec["operationId"].as_str().unwrap_or_default();
        ensure!(
            ids.insert((operation.document.contract, id)),
            "{operation}: operationId {id:?}, twice or empty"
        );
        ensure!(operation.spec["summary"].is_string(), "{operation}: no summary");
        for status in expected(&operation) {
            operation.response(status).map_err(|error| error.context(operation.to_string()))?;
        }
        let named: Vec<_> =
            operation.parameters().iter().filter(|one| one.place == "path").map(|one| one.name).collect();
        for name in &named {
            ensure!(
                operation.path.contains(&format!("{{{name}}}")),
                "{operation}: {name} is not in the path"
            );
        }
        ensure!(named.len() == operation.path.matches('{').count(), "{operation}: undescribed parameters");
    }
    Ok(())
}

/// The refusals that follow from the form of an operation.
fn expected(operation: &Operation) -> Vec<u16> {
    let mut expected = vec![500, 503];
    if operation.is_secured() {
        expected.extend([401, 403, 429]);
    }
    if operation.is_secured() && operation.method != Method::GET {
        expected.extend([409, 422]);
    }
    if operation.is_secured() && operation.has_id() {
        expected.push(404);
    }
    if !operation.bodies().is_empty() {
        expected.extend([400, 413, 415]);
    }
    expected
}
