//! The operations of a document, as the edge asks for them when a request is refused.

use crate::schema::{compile, messages};
use kernel::{auth::CredentialKind, error::Fault};
use poem::http::Method;
use serde_json::Value;

/// One operation.
pub struct Operation {
    /// Its method.
    pub method: Method,
    /// Its path below the contract's mount, with parameters in braces.
    pub template: String,
    /// Whether it needs a credential.
    pub secured: bool,
    /// The kinds of credentials that its security schemes are for; no other opens it.
    pub admits: Vec<CredentialKind>,
    /// The scopes one of which the credential must have, of the document's `x-required-scopes`.
    pub scopes: Vec<String>,
    /// The media types of its answers.
    pub produces: Vec<String>,
    /// Its request body.
    pub body: BodyKind,
    /// Whether the contract asks for an `Idempotency-Key`.
    pub wants_key: bool,
    query: Vec<(String, Value)>,
}

/// What an operation takes as its request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// Nothing.
    None,
    /// A document that fits in memory.
    Document,
    /// A file, which is read as it arrives.
    File,
}

/// All operations of the document of a contract that is mounted there. `admits`: see [`super::Document::new`].
pub fn all(document: &Value, mount: &str, admits: impl Fn(&str) -> Option<CredentialKind>) -> Vec<Operation> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let placed = |(path, item): (&String, _)| (format!("{}{path}", base(document, item, mount)), item);
    paths.map(placed).flat_map(|(path, item)| at(&path, item, &admits)).collect()
}

/// Where the paths of an item begin, below the mount: the servers of the item are in the place of the document's.
fn base<'a>(document: &'a Value, item: &'a Value, mount: &str) -> &'a str {
    let url = |of: &'a Value| of["servers"][0]["url"].as_str();
    let url = url(item).or_else(|| url(document)).unwrap_or_default();
    url.strip_prefix(mount).unwrap_or_default()
}

/// The methods that an operation can have; what else an item has is about all of them.
const METHODS: &[&str] = &["get", "head", "post", "put", "patch", "delete"];

fn at(path: &str, item: &Value, admits: &impl Fn(&str) -> Option<CredentialKind>) -> Vec<Operation> {
    let described = item.as_object().into_iter().flatten();
    let operations = described.filter(|(method, _)| METHODS.contains(&method.as_str()));
    let operation = |(method, operation): (&String, &Value)| {
        Some(Operation {
            method: method.to_ascii_uppercase().parse().ok()?,
            template: path.to_owned(),
            secured: operation["security"].as_array().is_some_and(|schemes| !schemes.is_empty()),
            admits: schemes(operation).filter_map(admits).collect(),
            scopes: texts(&operation["x-required-scopes"]),
            produces: produces(operation),
            body: body_kind(operation),
            wants_key: wants_key(operation),
            query: query(operation),
        })
    };
    operations.filter_map(operation).collect()
}

/// The names of the security schemes, each of which opens the operation.
fn schemes(operation: &Value) -> impl Iterator<Item = &str> {
    let alternatives = operation["security"].as_array().into_iter().flatten();
    alternatives.filter_map(Value::as_object).flat_map(|one| one.keys().map(String::as_str))
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| Some(text.as_str()?.to_owned())).collect()
}

/// The media types of all answers that are not refusals.
fn produces(operation: &Value) -> Vec<String> {
    let answers = operation["responses"].as_object().into_iter().flatten();
    let good = answers.filter(|(status, _)| status.starts_with('2'));
    let types = good.flat_map(|(_, answer)| answer["content"].as_object().into_iter().flatten());
    types.map(|(kind, _)| kind.clone()).collect()
}

fn body_kind(operation: &Value) -> BodyKind {
    const DOCUMENTS: &[&str] = &["application/json", "application/x-www-form-urlencoded"];
    let Some(content) = operation["requestBody"]["content"].as_object() else { return BodyKind::None };
    let is_document = content.keys().all(|kind| DOCUMENTS.contains(&kind.as_str()));
    if is_document { BodyKind::Document } else { BodyKind::File }
}

fn wants_key(operation: &Value) -> bool {
    let mut parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters.any(|one| {
        let name = one["name"].as_str().unwrap_or_default();
        name.eq_ignore_ascii_case("idempotency-key") && one["required"] == true
    })
}

fn query(operation: &Value) -> Vec<(String, Value)> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let in_query = parameters.filter(|parameter| parameter["in"] == "query");
    in_query.filter_map(|one| Some((one["name"].as_str()?.to_owned(), one["schema"].clone()))).collect()
}

impl Operation {
    /// What is wrong with a query string.
    pub fn query_faults(&self, query: &str) -> Vec<Fault> {
        let given: Vec<(String, String)> = serde_urlencoded(query);
        let faults = self.query.iter().flat_map(|(name, schema)| {
            let text = given.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str());
            let messages = text.map_or_else(Vec::new, |text| parameter_faults(schema, text));
            messages.into_iter().map(|message| Fault::field(name.as_str(), message))
        });
        faults.collect()
    }
}

/// Pairs of a query string, decoded.
fn serde_urlencoded(query: &str) -> Vec<(String, String)> {
    let uri = format!("/?{query}").parse::<poem::http::Uri>().unwrap_or_default();
    poem::Request::builder().uri(uri).finish().params().unwrap_or_default()
}

/// What the schema says of a parameter's text; only reached when a request was refused.
fn parameter_faults(schema: &Value, text: &str) -> Vec<String> {
    // A number or true is meant as such where the schema wants one; else it is text.
    let value = match schema["type"].as_str() {
        Some("string") => Value::from(text),
        _ => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
    };
    compile(schema).map_or_else(|_| vec![], |validator| messages(&validator, &value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> Vec<Operation> {
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100 });
        let flag = json!({ "type": "boolean" });
        let parameters = json!([
            { "name": "limit", "in": "query", "schema": limit },
            { "name": "dryRun", "in": "query", "schema": flag },
        ]);
        let paths = json!({ "/v1/things/{id}": { "get": { "parameters": parameters }, "patch": {} } });
        all(&json!({ "servers": [{ "url": "/mount" }], "paths": paths }), "/mount", |_| None)
    }

    #[test]
    fn an_operation_admits_what_its_schemes_are_for() {
        let security = json!([{ "Key": [] }, { "Unknown": [] }]);
        let paths = json!({ "/things": { "get": { "security": security }, "post": {} } });
        let admits = |name: &str| (name == "Key").then_some(CredentialKind::Key);
        let all = all(&json!({ "paths": paths }), "", admits);
        let found: Vec<_> = all.iter().map(|it| (it.secured, &*it.admits)).collect();
        assert_eq!(found, [(true, &[CredentialKind::Key][..]), (false, &[])]);
    }

    #[test]
    fn paths_begin_where_their_servers_say() {
        let token = json!({ "servers": [{ "url": "/mount" }], "post": {} });
        let paths = json!({ "/things": { "get": {} }, "/v1/token": token });
        let document = json!({ "servers": [{ "url": "/mount/v2" }], "paths": paths });
        let all = all(&document, "/mount", |_| None);
        let templates: Vec<_> = all.iter().map(|operation| operation.template.as_str()).collect();
        assert_eq!(templates, ["/v2/things", "/v1/token"]);
    }

    #[test]
    fn every_bad_parameter_is_named() {
        let faults = document()[0].query_faults("limit=0&dryRun=perhaps");
        let texts: Vec<_> = faults.iter().map(|fault| format!("{} {}", fault.field, fault.message)).collect();
        assert_eq!(texts, ["limit must be at least 1", "dryRun must be true or false"]);
        assert!(document()[0].query_faults("limit=100&dryRun=true").is_empty());
    }
}
