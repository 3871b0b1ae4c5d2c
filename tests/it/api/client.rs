//! Builds requests from a document.

use super::{
    credential::Shown,
    document::{Document, Operation},
    example::{Examples, Size},
    known_objects::Known,
};
use crate::app::{Answer, PATIENCE};
use anyhow::{Context, Result};
use reqwest::{RequestBuilder, Response, Url};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// The client for all requests.
pub static HTTP: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);

/// The path of an operation, with every parameter replaced by this value.
pub fn filled(operation: &Operation, with: &str) -> String {
    let fill = |segment: &str| if segment.starts_with('{') { with.to_owned() } else { segment.to_owned() };
    operation.path.split('/').map(fill).collect::<Vec<_>>().join("/")
}

/// A request without a credential or body, to a path below the operation's base.
pub fn bare(origin: &str, operation: &Operation, path: &str) -> RequestBuilder {
    HTTP.request(operation.method.clone(), format!("{origin}{}{path}", operation.base))
}

/// A request as documented: with its parameters, and a body of this media type.
pub fn described(
    origin: &str,
    operation: &Operation,
    path: &str,
    size: Size,
    media: Option<(&'static str, &'static Value)>,
    known: &Known,
) -> Result<RequestBuilder> {
    let examples = Examples::new(operation.document, size, known);
    let (mut query, mut headers) = (Map::new(), Map::new());
    for parameter in operation.parameters() {
        let place = match parameter.place {
            "query" => &mut query,
            "header" => &mut headers,
            _ => continue,
        };
        // A cursor comes from a list, and is valid only with the same filters.
        let is_left_out = parameter.name == "cursor" && !parameter.required;
        if !is_left_out && (parameter.required || size == Size::Maximal) {
            place.insert(parameter.name.into(), examples.parameter(parameter.name, parameter.schema)?);
        }
    }
    let mut request = bare(origin, operation, &format!("{path}?{}", form(&query)));
    for (name, value) in &headers {
        request = request.header(name, plain(value));
    }
    let Some((kind, media)) = media else { return Ok(request) };
    Ok(request.header("content-type", kind).body(body(&examples, kind, media)?))
}

fn body(examples: &Examples<'_>, kind: &str, media: &'static Value) -> Result<String> {
    let value = examples.media(media).with_context(|| format!("the body, {kind}"))?;
    if kind.ends_with("/json") || kind.ends_with("+json") {
        return Ok(value.to_string());
    }
    match value {
        Value::Object(fields) => Ok(form(&fields)),
        other => Ok(plain(&other)),
    }
}

/// Replaces or removes a query parameter.
pub fn set_query(url: &mut Url, name: &str, value: Option<&str>) {
    let others: Vec<_> = url.query_pairs().into_owned().filter(|(other, _)| other != name).collect();
    url.query_pairs_mut().clear().extend_pairs(others).extend_pairs(value.map(|value| (name, value)));
}

/// Encodes fields as `application/x-www-form-urlencoded`, for a body or a query.
fn form(fields: &Map<String, Value>) -> String {
    let mut url = reqwest::Url::parse("http://form").unwrap();
    url.query_pairs_mut().extend_pairs(fields.iter().map(|(name, value)| (name, plain(value))));
    url.query().unwrap_or_default().to_owned()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Sends the request with the credential; of an event stream, reads the first event.
pub async fn send(request: RequestBuilder, shown: &Shown) -> Result<Answer> {
    let mut answer = tokio::time::timeout(PATIENCE, shown.on(request).send()).await??;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = tokio::time::timeout(PATIENCE, read(&mut answer)).await??;
    Ok(Answer { status, headers, text })
}

async fn read(answer: &mut Response) -> Result<String> {
    let streams =
        answer.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-"));
    let mut bytes = vec![];
    while let Some(piece) = answer.chunk().await? {
        bytes.extend_from_slice(&piece);
        if streams && bytes.windows(2).any(|two| two == b"\n\n") {
            break;
        }
    }
    Ok(String::from_utf8(bytes)?)
}

/// The path of a URL from a response, below the contract's base.
pub fn below<'a>(document: &Document, location: &'a str) -> Option<&'a str> {
    let path = match location.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => location,
    };
    path.split('?').next()?.strip_prefix(document.base())
}
