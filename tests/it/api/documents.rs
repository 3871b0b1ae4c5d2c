//! The documents: served and committed ones are equal, and rules for every operation hold.

use super::document::{DOCUMENTS, Document, Operation, operations};
use crate::app::{Pairing, TestApp};
use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::Value;
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

/// Calls `look` with a schema and all nested ones, with references resolved.
fn each_schema(document: &'static Document, schema: &'static Value, look: &mut impl FnMut(&'static Value)) {
    // Some schemas are recursive.
    const DEEPEST: usize = 12;
    let mut open = vec![(schema, 0)];
    while let Some((schema, depth)) = open.pop() {
        look(schema);
        let target = document.follow(schema);
        let properties = target["properties"].as_object().into_iter().flatten().map(|(_, property)| property);
        let alternatives = target["anyOf"].as_array().into_iter().flatten();
        let inner =
            [&target["items"], &target["additionalProperties"]].into_iter().filter(|it| it.is_object());
        if depth < DEEPEST {
            open.extend(properties.chain(alternatives).chain(inner).map(|schema| (schema, depth + 1)));
        }
        if !std::ptr::eq(schema, target) {
            look(target);
        }
    }
}

#[test]
fn a_body_is_required_where_something_in_it_is() -> Result<()> {
    for operation in operations() {
        for (kind, media) in operation.bodies() {
            let schema = operation.document.follow(&media["schema"]);
            let is_free =
                schema["type"] == "object" && schema["required"].as_array().is_none_or(Vec::is_empty);
            ensure!(operation.requires_body() != is_free, "{operation}: {kind}");
        }
    }
    Ok(())
}

/// Generated clients send defaults for omitted fields, which would overwrite existing values. Objects in the body are
/// replaced as a whole: there, a default is what the server would set.
#[test]
fn no_update_has_a_default() -> Result<()> {
    for operation in operations().filter(|it| matches!(it.method, Method::PATCH | Method::PUT)) {
        for (_, media) in operation.bodies() {
            let schema = operation.document.follow(&media["schema"]);
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                let target = operation.document.follow(property);
                let default = property.get("default").or(target.get("default"));
                ensure!(default.is_none(), "{operation}: {name} has the default {default:?}");
            }
        }
    }
    Ok(())
}

/// A text with a pattern is rejected with its title.
#[test]
fn every_pattern_of_a_request_has_a_title() -> Result<()> {
    for operation in operations() {
        let mut untitled = vec![];
        let bodies = operation.bodies().into_iter().map(|(_, media)| &media["schema"]);
        for schema in bodies.chain(operation.parameters().into_iter().map(|parameter| parameter.schema)) {
            each_schema(operation.document, schema, &mut |schema| {
                if schema.get("pattern").is_some() && schema.get("title").is_none() {
                    untitled.push(&schema["pattern"]);
                }
            });
        }
        ensure!(untitled.is_empty(), "{operation}: {untitled:?}");
    }
    Ok(())
}

#[test]
fn the_partners_document_says_what_clients_rely_on() {
    let document = DOCUMENTS.iter().find(|document| document.contract == "partner").unwrap();
    let description = document.json["info"]["description"].as_str().unwrap();
    for text in
        ["100 to 500", "10,000 to 50,000", "X-RateLimit-Remaining-Minute", "X-RateLimit-Remaining-Day"]
    {
        assert!(description.contains(text), "limits: {text}");
    }
    for event in api::event_types() {
        let (object, change) = event.split_once('.').unwrap();
        let line = description.lines().find(|line| line.starts_with("- ") && line.contains(object));
        assert!(line.is_some_and(|line| line.contains(change)), "webhooks: {event}");
    }
    let options = &document.json["components"]["schemas"]["BulkOptions"]["properties"];
    for name in ["stopOnError", "dryRun"] {
        let option = &options[name];
        let said = option["description"].as_str().unwrap_or_default();
        assert!(option["default"] == false && said.contains("default: false"), "{name}: {option}");
    }
}

/// Known failures of generators: a boolean that is an enumeration (openapi-generator), two media types with one model
/// (openapi-python-client#1451).
#[test]
fn there_is_nothing_that_generators_are_known_to_fail_at() -> Result<()> {
    for operation in operations() {
        let models: Vec<_> =
            operation.bodies().iter().filter_map(|(_, media)| media["schema"]["$ref"].as_str()).collect();
        ensure!(models.iter().collect::<BTreeSet<_>>().len() == models.len(), "{operation}: {models:?}");
    }
    for document in DOCUMENTS.iter() {
        for (name, schema) in document.json["components"]["schemas"].as_object().into_iter().flatten() {
            let mut wrong = false;
            each_schema(document, schema, &mut |schema| {
                wrong |= schema["type"] == "boolean" && schema.get("enum").is_some();
            });
            ensure!(!wrong, "{}: {name} has a boolean that is an enumeration", document.contract);
        }
    }
    Ok(())
}

/// The error responses that follow from the form of an operation.
fn expected(operation: &Operation) -> Vec<u16> {
    let mut expected = vec![406, 500, 503];
    if operation.parameters().iter().any(|parameter| parameter.place == "query") {
        expected.push(400);
    }
    if operation.is_secured() {
        expected.extend([401, 403, 429]);
    }
    if operation.is_secured() && operation.method != Method::GET {
        expected.extend([400, 409, 422]);
    }
    if operation.is_secured() && operation.has_id() {
        expected.push(404);
    }
    if !operation.bodies().is_empty() {
        expected.extend([400, 408, 413, 415]);
    }
    expected
}
