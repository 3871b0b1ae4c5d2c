//! Checks responses against the document.

use super::document::{Document, Operation};
use crate::app::Answer;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// Fails unless status, headers, media type and body are as documented.
pub fn check(operation: &Operation, answer: &Answer) -> Result<()> {
    let checked = conforms(operation, answer);
    checked.with_context(|| format!("{operation}: {} {}", answer.status, excerpt(&answer.text)))
}

/// The beginning of a text, for messages.
pub fn excerpt(text: &str) -> String {
    text.chars().take(300).collect()
}

fn conforms(operation: &Operation, answer: &Answer) -> Result<()> {
    ensure!(!answer.header("x-request-id").is_empty(), "the answer has no request id");
    let response = operation.response(answer.status)?;
    headers(operation.document, response, answer)?;
    body(operation.document, response, answer)
}

fn headers(document: &Document, response: &Value, answer: &Answer) -> Result<()> {
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        let header = document.follow(header);
        let given = answer.header(name);
        // Rate-limit headers are missing only if the caller could not be counted.
        let expected = header["required"] == true || name.contains("RateLimit") && answer.status < 500;
        ensure!(!given.is_empty() || !expected, "the header {name} is missing");
        if !given.is_empty() {
            is_valid(document, &header["schema"], &parsed(document, &header["schema"], given))
                .with_context(|| format!("the header {name}"))?;
        }
    }
    Ok(())
}

/// The value of a header by its schema.
fn parsed(document: &Document, schema: &Value, text: &str) -> Value {
    match document.follow(schema)["type"].as_str() {
        Some("string") | None => text.into(),
        _ => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    }
}

fn body(document: &Document, response: &Value, answer: &Answer) -> Result<()> {
    let Some(content) = response["content"].as_object().filter(|content| !content.is_empty()) else {
        ensure!(answer.text.is_empty(), "no body is documented");
        return Ok(());
    };
    let kind = answer.header("content-type").split(';').next().unwrap_or_default().trim();
    let media = content.get(kind).with_context(|| format!("the media type {kind:?} is not documented"))?;
    if kind == "text/event-stream" {
        is_valid(document, &media["x-itemSchema"], &first_event(&answer.text).context("no event")?)?;
    }
    is_valid(document, &media["schema"], &value(kind, &answer.text)?)
}

/// A body as the value that its schema describes.
fn value(kind: &str, text: &str) -> Result<Value> {
    if kind.ends_with("json") { Ok(serde_json::from_str(text)?) } else { Ok(text.into()) }
}

/// The first event as an object of its fields; `data` that is JSON is parsed by the schema.
fn first_event(text: &str) -> Option<Value> {
    let (event, _) = text.split_once("\n\n")?;
    let mut fields = json!({});
    for (name, value) in event.lines().filter_map(|line| line.split_once(':')) {
        fields[name] = value.trim_start().into();
    }
    Some(fields)
}

fn is_valid(document: &Document, schema: &Value, value: &Value) -> Result<()> {
    let validator = document.validator(schema)?;
    let faults: Vec<_> = validator
        .iter_errors(value)
        .map(|fault| format!("{} at {:?}", fault, fault.instance_path().as_str()))
        .collect();
    ensure!(faults.is_empty(), "not as its schema says: {}", faults.join("; "));
    // Validators treat the schema of embedded JSON as an annotation.
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if let (Some(inner), Some(text)) = (property.get("contentSchema"), value[name].as_str()) {
            is_valid(document, inner, &serde_json::from_str(text)?)?;
        }
    }
    Ok(())
}
