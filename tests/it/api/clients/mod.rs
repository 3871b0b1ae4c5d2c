//! Clients that common generators make of the served documents, against a platform that runs: every operation is in
//! them, every read can be read, and what is sent is understood.

mod generate;

use super::{
    credential,
    document::{DOCUMENTS, Operation},
    exercise::Exercise,
};
use crate::app::{Pairing, TestApp, allow_loopback};
use anyhow::{Context, Result, ensure};
use generate::{Clients, Tools};
use reqwest::Method;
use serde_json::{Value, json};
use std::{collections::BTreeMap, io::Write, path::Path, process::Stdio};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/api/clients");

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn generated_clients_work() -> Result<()> {
    let generating = tokio::task::spawn_blocking(|| {
        let tools = Tools::install()?;
        let clients = generate::all(&tools)?;
        anyhow::Ok((tools, clients))
    });
    let mut app = TestApp::new(Pairing::Embedded, allow_loopback).await?;
    let origin = app.listen().await?;
    let mut exercises = vec![];
    for document in DOCUMENTS.iter() {
        exercises.push(Exercise::begin(&app, &origin, document).await?);
    }
    app.work();
    for exercise in &mut exercises {
        exercise.end(&app).await?;
        exercise.make_again().await?;
    }
    let (tools, clients) = generating.await??;
    for ((document, exercise), clients) in DOCUMENTS.iter().zip(&exercises).zip(clients) {
        let credential = credential::all(&app, &origin, document, "acme").await?;
        let known = json!({
            "server": format!("{origin}{}", document.base()),
            "secret": credential.shown,
            "client_id": credential.known.value("client_id"),
            "client_secret": credential.known.value("client_secret"),
            "operations": document.operations().iter().map(|it| &it.spec["operationId"]).collect::<Vec<_>>(),
            "reads": document.operations().iter().filter_map(|it| read(it, exercise)).collect::<Vec<_>>(),
        });
        let own = format!("{}.py", document.contract);
        for program in ["reads.py", &own].into_iter().filter(|name| Path::new(HERE).join(name).exists()) {
            run(&tools, &clients, program, &known).await.with_context(|| program.to_owned())?;
        }
    }
    app.drain().await
}

/// Operations of whose parameters some have to be there, though none is required.
const CHOOSING: &[&str] = &["checkServiceability"];

/// A call of a read: the operation, the values of its path's parameters, and the times that it requires.
fn read(operation: &Operation, exercise: &Exercise) -> Option<Value> {
    let id = operation.spec["operationId"].as_str()?;
    if operation.method != Method::GET || CHOOSING.contains(&id) {
        return None;
    }
    let path = exercise.known.path(operation, false)?;
    let segments = operation.path.split('/').zip(path.split('/'));
    let values: Vec<_> = segments.filter(|(own, _)| own.starts_with('{')).map(|(_, value)| value).collect();
    let required = operation.parameters().into_iter().filter(|one| one.place == "query" && one.required);
    let times: BTreeMap<_, _> = required.map(|one| (one.name, "2026-11-21T08:15:00+00:00")).collect();
    Some(json!([id, values, times]))
}

/// Runs a program of this folder with the clients.
async fn run(tools: &Tools, clients: &Clients, program: &str, known: &Value) -> Result<()> {
    let mut command = tools.python();
    command.arg(Path::new(HERE).join(program)).args(clients.folders()).env("PYTHONDONTWRITEBYTECODE", "1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let known = known.to_string();
    let output = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn()?;
        child.stdin.take().context("no input")?.write_all(known.as_bytes())?;
        anyhow::Ok(child.wait_with_output()?)
    });
    let output = output.await??;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
