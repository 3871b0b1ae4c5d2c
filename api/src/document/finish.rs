//! What poem-openapi does not write: version 3.1, what the contract is about, the answers that operations
//! share, and the headers of every answer.

use super::modern;
use serde_json::{Map, Value, json};

/// What the document says of the contract as a whole.
pub struct About {
    /// What it is, for its callers; Markdown.
    pub description: &'static str,
    /// Where its paths begin, relative to the service's address.
    pub server: &'static str,
    /// Its tags, in reading order.
    pub tags: &'static [(&'static str, &'static str)],
    /// The answers that operations share.
    pub shared: &'static [SharedAnswer],
}

/// An answer that several operations have: a refusal.
pub struct SharedAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Under which name it is kept in the components.
    pub name: &'static str,
    /// When it is given.
    pub description: &'static str,
    /// The headers it has, with what they say.
    pub headers: &'static [(&'static str, &'static str)],
    /// Whether an operation may answer so.
    pub applies: fn(&Value) -> bool,
}

/// The finished document. `errors`: the schema of refusals and those it refers to, the first of which is
/// the envelope's name.
pub fn finish(spec: &str, about: &About, envelope: &str, errors: Map<String, Value>) -> Value {
    let mut document: Value = serde_json::from_str(spec).unwrap_or_default();
    modern(&mut document);
    document["openapi"] = "3.1.0".into();
    document["info"]["description"] = about.description.into();
    document["servers"] = json!([{ "url": about.server, "description": "This installation" }]);
    document["tags"] =
        about.tags.iter().map(|(name, text)| json!({ "name": name, "description": text })).collect();
    components(&mut document["components"], about, envelope, errors);
    for operation in operations(&mut document) {
        finish_operation(operation, about.shared);
    }
    document
}

fn components(components: &mut Value, about: &About, envelope: &str, errors: Map<String, Value>) {
    for (name, schema) in errors {
        components["schemas"][name] = schema;
    }
    let id = json!({
        "schema": { "type": "string" },
        "required": true,
        "description": "Names the request; the caller's, where it sent one",
    });
    components["headers"] = json!({ "RequestId": id });
    components["responses"] =
        about.shared.iter().map(|answer| (answer.name.to_owned(), shared(answer, envelope))).collect();
}

fn shared(answer: &SharedAnswer, envelope: &str) -> Value {
    let schema = json!({ "$ref": format!("#/components/schemas/{envelope}") });
    let mut response = json!({
        "description": answer.description,
        "headers": answer.headers.iter().map(|(name, text)| ((*name).to_owned(), header(text))).collect::<Map<_, _>>(),
        "content": { "application/json": { "schema": schema } },
    });
    with_request_id(&mut response);
    response
}

fn header(description: &str) -> Value {
    json!({ "schema": { "type": "string" }, "description": description })
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths.flat_map(|(_, item)| item.as_object_mut().into_iter().flatten()).map(|(_, operation)| operation)
}

fn finish_operation(operation: &mut Value, shared: &[SharedAnswer]) {
    plain_parameters(operation);
    let applying: Vec<_> = shared.iter().filter(|answer| (answer.applies)(operation)).collect();
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (_, response) in responses.iter_mut() {
        plain_media_types(response);
        event_stream(response);
        plain_headers(response);
        with_request_id(response);
    }
    for answer in applying {
        let reference = json!({ "$ref": format!("#/components/responses/{}", answer.name) });
        responses.entry(answer.status.to_string()).or_insert(reference);
    }
}

/// Takes out what says nothing, since it is the default.
fn plain_parameters(operation: &mut Value) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten();
    for parameter in parameters.filter_map(Value::as_object_mut) {
        parameter.retain(|key, value| {
            !(key == "deprecated" && *value == false || key == "explode" && *value == true)
        });
    }
}

/// `application/json; charset=utf-8` is found by no client that looks for `application/json`.
fn plain_media_types(response: &mut Value) {
    if let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) {
        *content = std::mem::take(content)
            .into_iter()
            .map(|(kind, media)| (kind.split(';').next().unwrap_or_default().to_owned(), media))
            .collect();
    }
}

/// The schema of an event stream describes each event, as it does for the readers of documents before
/// version 3.2; poem-openapi describes a list of what the events hold.
fn event_stream(response: &mut Value) {
    let Some(schema) = response.pointer_mut("/content/text~1event-stream/schema") else { return };
    let data = json!({
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": schema["items"].take(),
    });
    *schema = json!({
        "type": "object",
        "description": "One event",
        "properties": { "event": { "type": "string", "description": "What kind it is" }, "data": data },
        "required": ["data"],
    });
}

/// Header names as they are usually written (`RETRY-AFTER` becomes `Retry-After`).
fn plain_headers(response: &mut Value) {
    let Some(headers) = response.get_mut("headers").and_then(Value::as_object_mut) else { return };
    *headers =
        std::mem::take(headers).into_iter().map(|(name, header)| (title_case(&name), header)).collect();
    for header in headers.values_mut().filter_map(Value::as_object_mut) {
        header.remove("deprecated");
    }
}

fn title_case(name: &str) -> String {
    let word = |word: &str| {
        word.get(..1).unwrap_or_default().to_uppercase() + &word.get(1..).unwrap_or_default().to_lowercase()
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}

fn with_request_id(response: &mut Value) {
    if response["headers"].is_null() {
        response["headers"] = json!({});
    }
    response["headers"]["X-Request-Id"] = json!({ "$ref": "#/components/headers/RequestId" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_get_what_they_share() {
        const SHARED: &[SharedAnswer] = &[SharedAnswer {
            status: 401,
            name: "Unauthorized",
            description: "No key",
            headers: &[("WWW-Authenticate", "Bearer")],
            applies: |operation| operation["security"].is_array(),
        }];
        let about = About { description: "d", server: "/x", tags: &[("T", "t")], shared: SHARED };
        let response = json!({ "200": { "content": { "application/json; charset=utf-8": {} }, "headers": { "RETRY-AFTER": {} } } });
        let spec = json!({ "paths": { "/a": {
            "get": { "security": [{}], "responses": response },
            "post": { "responses": {} },
        } }, "components": {} });
        let done = finish(&spec.to_string(), &about, "E", Map::from_iter([("E".into(), json!({}))]));
        let get = &done["paths"]["/a"]["get"]["responses"];
        assert_eq!(get["401"]["$ref"], "#/components/responses/Unauthorized");
        assert!(get["200"]["content"]["application/json"].is_object());
        assert!(get["200"]["headers"]["Retry-After"].is_object());
        assert!(get["200"]["headers"]["X-Request-Id"].is_object());
        assert!(done["paths"]["/a"]["post"]["responses"]["401"].is_null());
        assert!(!done.to_string().contains("null"), "{done}");
        assert!(done["components"]["schemas"]["E"].is_object());
    }
}
