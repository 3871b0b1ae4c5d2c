//! The operations of a document, for the edge.

use super::query::{self, QueryParameter};
use kernel::auth::CredentialKind;
use platform::error::Fault;
use poem::http::Method;
use serde_json::Value;

/// One operation.
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The path below the contract's mount, with parameters in braces.
    pub template: String,
    /// Whether it needs a credential.
    pub secured: bool,
    /// The kinds of credentials accepted by its security schemes.
    pub admits: Vec<CredentialKind>,
    /// The scopes of which the credential must have one, from `x-required-scopes`.
    pub scopes: Vec<String>,
    /// The media types of its responses.
    pub produces: Vec<String>,
    /// Its request body.
    pub body: BodyKind,
    /// Whether the contract requires an `Idempotency-Key`.
    pub wants_key: bool,
    query: Vec<QueryParameter>,
}

/// The request body of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// None.
    None,
    /// A document that fits in memory.
    Document,
    /// A file, read as a stream.
    File,
}

/// All operations of a mounted contract's document. `admits`: see [`super::Document::new`].
pub fn all(document: &Value, mount: &str, admits: impl Fn(&str) -> Option<CredentialKind>) -> Vec<Operation> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let placed = |(path, item): (&String, _)| (format!("{}{path}", base(document, item, mount)), item);
    paths.map(placed).flat_map(|(path, item)| at(document, &path, item, &admits)).collect()
}

/// The base path of an item, below the mount: its servers replace the document's.
fn base<'a>(document: &'a Value, item: &'a Value, mount: &str) -> &'a str {
    let url = |of: &'a Value| of["servers"][0]["url"].as_str();
    let url = url(item).or_else(|| url(document)).unwrap_or_default();
    url.strip_prefix(mount).unwrap_or_default()
}

/// Paths of items with their own servers, as they would be below the document's, with their actual places. Only paths
/// without parameters.
pub fn server_aliases(document: &Value, mount: &str) -> Vec<(String, String)> {
    let items = document["paths"].as_object().into_iter().flatten();
    let own = items.filter(|(path, item)| item["servers"].is_array() && !path.contains('{'));
    let aliases = own.map(|(path, item)| {
        (
            format!("{}{path}", base(document, &Value::Null, mount)),
            format!("{}{path}", base(document, item, mount)),
        )
    });
    aliases.filter(|(alias, path)| alias != path).collect()
}

/// The methods of operations; other keys of an item apply to all of them.
const METHODS: &[&str] = &["get", "head", "post", "put", "patch", "delete"];

fn at(
    document: &Value,
    path: &str,
    item: &Value,
    admits: &impl Fn(&str) -> Option<CredentialKind>,
) -> Vec<Operation> {
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
            query: QueryParameter::all(document, operation),
        })
    };
    operations.filter_map(operation).collect()
}

/// The names of the security schemes, each of which is sufficient.
fn schemes(operation: &Value) -> impl Iterator<Item = &str> {
    let alternatives = operation["security"].as_array().into_iter().flatten();
    alternatives.filter_map(Value::as_object).flat_map(|one| one.keys().map(String::as_str))
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| Some(text.as_str()?.to_owned())).collect()
}

/// The media types of all responses except errors.
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

impl Operation {
    /// The normalized query string; `None` if nothing changes.
    pub fn normalized_query(&self, query: &str) -> Option<String> {
        query::normalized(&self.query, query)
    }

    /// The parameters of a normalized query string as an object.
    pub fn query_object(&self, query: &str) -> Value {
        query::object(&self.query, query)
    }

    /// The errors in a normalized query string.
    pub fn query_faults(&self, query: &str) -> Vec<Fault> {
        query::faults(&self.query, query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
        assert_eq!(server_aliases(&document, "/mount"), [("/v2/v1/token".into(), "/v1/token".into())]);
    }
}
