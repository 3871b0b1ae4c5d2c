//! Completes poem-openapi's document: version 3.1, the contract's description, common responses, and response headers.

use crate::schema::modern;
use serde_json::{Map, Value, json};

/// The contract's part of the document.
pub struct About {
    /// The description; Markdown.
    pub description: &'static str,
    /// The path of the server, relative to the service's address.
    pub server: &'static str,
    /// The tags, in reading order.
    pub tags: &'static [(&'static str, &'static str)],
    /// The common responses.
    pub shared: &'static [SharedAnswer],
    /// The contract's rate-limit headers, with descriptions.
    pub limits: &'static [(&'static str, &'static str)],
    /// The scopes of an operation, one of which is required, by method (lower case) and description.
    pub scopes: fn(&str, &Value) -> Vec<String>,
}

/// Response headers in the components.
const HEADERS: &[(&str, &str, &str)] = &[
    ("X-Request-Id", "RequestId", "Request ID: the one you sent, or a generated one"),
    ("RateLimit-Policy", "RateLimitPolicy", "The rate limits: requests (`q`) per window in seconds (`w`)"),
    ("RateLimit", "RateLimit", "Requests remaining (`r`) and seconds until the limit resets (`t`)"),
];

/// Headers of responses to idempotent requests.
const REPLAY_HEADERS: &[(&str, &str, &str)] = &[
    (
        "Idempotent-Replayed",
        "IdempotentReplayed",
        "`true` if this is the stored response to an earlier request with the same `Idempotency-Key`",
    ),
    (
        "Idempotent-Request-Id",
        "IdempotentRequestId",
        "ID of the earlier request, if the response is a stored one",
    ),
];

/// A common response: an error.
pub struct SharedAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Its name in the components.
    pub name: &'static str,
    /// The description.
    pub description: &'static str,
    /// Its headers, with descriptions.
    pub headers: &'static [(&'static str, &'static str)],
    /// The schema of its body, by name.
    pub schema: &'static str,
    /// Whether it applies to an operation.
    pub applies: fn(&Value) -> bool,
}

/// The finished document. `errors`: the schemas of errors and those they refer to, by name.
pub fn finish(spec: &str, about: &About, errors: Map<String, Value>) -> Value {
    let mut document: Value = serde_json::from_str(spec).unwrap_or_default();
    modern(&mut document);
    document["openapi"] = "3.1.0".into();
    document["info"]["description"] = about.description.into();
    document["servers"] = json!([{ "url": about.server, "description": "This installation" }]);
    document["tags"] =
        about.tags.iter().map(|(name, text)| json!({ "name": name, "description": text })).collect();
    components(&mut document["components"], about, errors);
    for (method, operation) in operations(&mut document) {
        finish_operation(&method, operation, about);
    }
    document
}

fn components(components: &mut Value, about: &About, errors: Map<String, Value>) {
    for (name, schema) in errors {
        components["schemas"][name] = schema;
    }
    let explained = HEADERS.iter().chain(REPLAY_HEADERS);
    let explained = explained.map(|(_, name, text)| (*name, *text)).chain(own_limits(about));
    components["headers"] = explained.map(|(name, text)| (name.to_owned(), header(text))).collect();
    components["headers"]["RequestId"]["required"] = true.into();
    components["parameters"] = json!({ "IdempotencyKey": idempotency_key() });
    components["responses"] =
        about.shared.iter().map(|answer| (answer.name.to_owned(), shared(answer, about))).collect();
}

/// The contract's rate-limit headers. Their names are valid names of components.
fn own_limits(about: &About) -> impl Iterator<Item = (&'static str, &'static str)> {
    about.limits.iter().copied()
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Makes a retry safe: a request with the same key and content gets the stored response and has no \
            further effect. Kept for 24 hours",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
    })
}

fn shared(answer: &SharedAnswer, about: &About) -> Value {
    let schema = json!({ "$ref": format!("#/components/schemas/{}", answer.schema) });
    let mut response = json!({
        "description": answer.description,
        "headers": answer.headers.iter().map(|(name, text)| ((*name).to_owned(), header(text))).collect::<Map<_, _>>(),
        "content": { "application/json": { "schema": schema } },
    });
    with_headers(&mut response, about, &[]);
    response
}

fn header(description: &str) -> Value {
    json!({ "schema": { "type": "string" }, "description": description })
}

fn operations(document: &mut Value) -> impl Iterator<Item = (String, &mut Value)> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    let items = paths.flat_map(|(_, item)| item.as_object_mut().into_iter().flatten());
    items.map(|(method, operation)| (method.clone(), operation))
}

fn finish_operation(method: &str, operation: &mut Value, about: &About) {
    plain_parameters(operation);
    let is_secured = operation["security"].is_array();
    let scopes = (about.scopes)(method, operation);
    if is_secured && !scopes.is_empty() {
        operation["x-required-scopes"] = json!(scopes);
    }
    let may_be_replayed = is_secured && !matches!(method, "get" | "head" | "options");
    let replay = if may_be_replayed { with_key(operation) } else { &[] };
    let applying: Vec<_> = about.shared.iter().filter(|answer| (answer.applies)(operation)).collect();
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, response) in responses.iter_mut() {
        if status.starts_with('2') && response["description"] == "" {
            response["description"] = "OK".into();
        }
        plain_media_types(response);
        event_stream(response);
        plain_headers(response);
        with_headers(response, about, replay);
    }
    for answer in applying {
        let reference = json!({ "$ref": format!("#/components/responses/{}", answer.name) });
        responses.entry(answer.status.to_string()).or_insert(reference);
    }
}

/// Removes properties that have their default values.
fn plain_parameters(operation: &mut Value) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten();
    for parameter in parameters.filter_map(Value::as_object_mut) {
        parameter.retain(|key, value| {
            !(key == "deprecated" && *value == false || key == "explode" && *value == true)
        });
    }
}

/// Clients looking for `application/json` do not find `application/json; charset=utf-8`.
fn plain_media_types(response: &mut Value) {
    if let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) {
        *content = std::mem::take(content)
            .into_iter()
            .map(|(kind, media)| (kind.split(';').next().unwrap_or_default().to_owned(), media))
            .collect();
    }
}

/// An event stream is text, which is all that generated clients can read. `x-itemSchema` describes each event, like
/// `itemSchema` of version 3.2; poem-openapi describes a list of the events' data.
fn event_stream(response: &mut Value) {
    let Some(media) = response.pointer_mut("/content/text~1event-stream") else { return };
    let data = json!({
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": media["schema"]["items"].take(),
    });
    media["schema"] = json!({ "type": "string", "description": "Server-sent events" });
    media["x-itemSchema"] = json!({
        "type": "object",
        "description": "One event",
        "properties": { "event": { "type": "string", "description": "Event name" }, "data": data },
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

/// Adds `Idempotency-Key` to an operation; returns the headers of its successful responses.
fn with_key(operation: &mut Value) -> &'static [(&'static str, &'static str, &'static str)] {
    if operation["parameters"].is_null() {
        operation["parameters"] = json!([]);
    }
    if let Some(parameters) = operation["parameters"].as_array_mut()
        && !parameters.iter().any(|one| one["name"] == "Idempotency-Key")
    {
        parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    REPLAY_HEADERS
}

fn with_headers(response: &mut Value, about: &About, more: &[(&str, &str, &str)]) {
    if response["headers"].is_null() {
        response["headers"] = json!({});
    }
    let explained = HEADERS.iter().chain(more).map(|(name, component, _)| (*name, *component));
    for (name, component) in explained.chain(own_limits(about).map(|(name, _)| (name, name))) {
        response["headers"][name] = json!({ "$ref": format!("#/components/headers/{component}") });
    }
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
            schema: "E",
            applies: |operation| operation["security"].is_array(),
        }];
        let about = About {
            description: "d",
            server: "/x",
            tags: &[("T", "t")],
            shared: SHARED,
            limits: &[("X-Left", "Requests left")],
            scopes: |method, _| vec![format!("things:{method}")],
        };
        let response = json!({ "200": { "content": { "application/json; charset=utf-8": {} }, "headers": { "RETRY-AFTER": {} } } });
        let spec = json!({ "paths": { "/a": {
            "get": { "security": [{}], "responses": response },
            "post": { "responses": {} },
            "put": { "security": [{}], "responses": { "200": {} } },
        } }, "components": {} });
        let done = finish(&spec.to_string(), &about, Map::from_iter([("E".into(), json!({}))]));
        let get = &done["paths"]["/a"]["get"]["responses"];
        assert_eq!(get["401"]["$ref"], "#/components/responses/Unauthorized");
        assert!(get["200"]["content"]["application/json"].is_object());
        assert!(get["200"]["headers"]["Retry-After"].is_object());
        assert!(get["200"]["headers"]["X-Request-Id"].is_object());
        assert_eq!(get["200"]["headers"]["X-Left"]["$ref"], "#/components/headers/X-Left");
        assert!(done["paths"]["/a"]["post"]["responses"]["401"].is_null());
        assert!(done["paths"]["/a"]["post"]["x-required-scopes"].is_null(), "nobody is asked who it is");
        let put = &done["paths"]["/a"]["put"];
        assert_eq!(put["x-required-scopes"], json!(["things:put"]));
        assert_eq!(put["parameters"], json!([{ "$ref": "#/components/parameters/IdempotencyKey" }]));
        assert!(put["responses"]["200"]["headers"]["Idempotent-Replayed"].is_object());
        assert!(get["200"]["headers"]["Idempotent-Replayed"].is_null());
        assert!(!done.to_string().contains("null"), "{done}");
        assert!(done["components"]["schemas"]["E"].is_object());
    }
}
