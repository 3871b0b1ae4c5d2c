//! All times in requests have bounds: beyond them they are rejected, within them no operation breaks.

use super::{
    client::{HTTP, send, set_query},
    credential::Shown,
    document::{Document, Operation},
    exercise::{Call, all_calls},
};
use crate::app::{Pairing, TestApp, allow_loopback, both};
use anyhow::{Result, ensure};
use reqwest::{Request, RequestBuilder};
use serde_json::Value;

both!(times_have_bounds);

const WITHIN: [&str; 2] = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"];
const BEYOND: [&str; 3] = ["-262143-01-01T00:00:00Z", "0000-06-01T00:00:00Z", "9999-12-31T23:59:59-01:00"];

async fn times_have_bounds(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, allow_loopback).await?;
    let origin = app.listen().await?;
    let mut tried = 0;
    for Call { operation, request, shown } in all_calls(&app, &origin).await? {
        for place in places(&operation, &request) {
            tried += 1;
            keeps_bounds(&operation, &request, &place, &shown).await?;
        }
    }
    ensure!(tried >= 7, "only {tried} times found");
    app.work();
    app.drain().await
}

async fn keeps_bounds(operation: &Operation, request: &Request, place: &Place, shown: &Shown) -> Result<()> {
    for time in WITHIN.iter().chain(&BEYOND) {
        let answer = send(place.with(request, time), shown).await?;
        ensure!(answer.status < 500, "{operation}: {place:?} {time}: {answer:?}");
        if BEYOND.contains(time) {
            let told = answer.status == 400 && answer.text.contains("0001 to 9999");
            ensure!(told, "{operation}: {place:?} {time}: {answer:?}");
        }
    }
    Ok(())
}

/// The position of a time in a request.
#[derive(Debug)]
enum Place {
    Query(&'static str),
    /// The JSON pointer.
    Body(String),
}

fn places(operation: &Operation, request: &Request) -> Vec<Place> {
    let parameters = operation.parameters().into_iter();
    let in_query = parameters.filter(|one| one.place == "query" && is_time(operation.document, one.schema));
    let mut places: Vec<_> = in_query.map(|one| Place::Query(one.name)).collect();
    for (_, media) in operation.bodies() {
        let mut found = vec![];
        times(operation.document, &media["schema"], String::new(), &mut found);
        let body = json(request);
        found.retain(|pointer| body.pointer(pointer).is_some());
        places.extend(found.into_iter().map(Place::Body));
    }
    places
}

fn is_time(document: &Document, schema: &Value) -> bool {
    document.follow(schema)["format"] == "date-time"
}

/// Finds the times among the properties of a schema.
fn times(document: &'static Document, schema: &'static Value, at: String, found: &mut Vec<String>) {
    let schema = document.follow(schema);
    if is_time(document, schema) {
        found.push(at);
        return;
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        times(document, property, format!("{at}/{name}"), found);
    }
}

fn json(request: &Request) -> Value {
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    serde_json::from_slice(body).unwrap_or_default()
}

impl Place {
    /// The request with this time in this position.
    fn with(&self, request: &Request, time: &str) -> RequestBuilder {
        let mut request = request.try_clone().unwrap();
        match self {
            Self::Query(name) => set_query(request.url_mut(), name, Some(time)),
            Self::Body(pointer) => {
                let mut body = json(&request);
                *body.pointer_mut(pointer).unwrap() = time.into();
                *request.body_mut() = Some(body.to_string().into());
            }
        }
        // The body's length has changed.
        request.headers_mut().remove("content-length");
        RequestBuilder::from_parts(HTTP.clone(), request)
    }
}
