//! To which operations a refusal applies, by what the document says of them.

use serde_json::Value;

/// To all.
pub fn always(_: &Value) -> bool {
    true
}

/// To those that need a credential.
pub fn is_secured(operation: &Value) -> bool {
    operation["security"].is_array()
}

/// To those that take a body.
pub fn has_body(operation: &Value) -> bool {
    operation["requestBody"].is_object()
}

/// To those that change something: they take an `Idempotency-Key`.
pub fn changes(operation: &Value) -> bool {
    parameters(operation).any(|one| one["$ref"] == "#/components/parameters/IdempotencyKey")
}

/// To those with parameters in the query.
pub fn has_query(operation: &Value) -> bool {
    parameters(operation).any(|one| one["in"] == "query")
}

/// To those of an object that the path names.
pub fn names_object(operation: &Value) -> bool {
    parameters(operation).any(|one| one["in"] == "path")
}

/// To those with parameters of any kind.
pub fn has_parameters(operation: &Value) -> bool {
    parameters(operation).next().is_some()
}

fn parameters(operation: &Value) -> impl Iterator<Item = &Value> {
    operation["parameters"].as_array().into_iter().flatten()
}
