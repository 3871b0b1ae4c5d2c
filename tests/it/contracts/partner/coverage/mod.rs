//! Coverage.

mod commands;
mod import;
mod onts;
mod serviceability;

use super::network::operator;
use crate::app::{Caller, Pairing, TestApp};
use anyhow::{Context, Result};
use isp::coverage::{self, Imported};
use serde_json::Value;

/// The file that the handbook shows.
pub fn example() -> &'static str {
    const HANDBOOK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/coverage.md"));
    let (_, rest) = HANDBOOK.split_once("```csv\n").expect("an example");
    rest.split_once("```").expect("its end").0
}

/// What became of a file of the organization `acme`.
pub async fn imported(app: &TestApp, file: &str) -> Result<platform::Result<Imported>> {
    let work = operator(app).await?;
    let done = coverage::import(&work, file.as_bytes()).await;
    if done.is_ok() {
        work.commit().await?;
    }
    Ok(done)
}

/// A platform that serves what the handbook's example says.
async fn covered(pairing: Pairing) -> Result<(TestApp, Caller)> {
    let (app, caller) = TestApp::serving(pairing).await?;
    imported(&app, example()).await??;
    Ok((app, caller))
}

/// What is answered to a query that is good.
async fn asked(caller: &Caller, query: &str) -> Result<Value> {
    let answer = caller.get(&format!("/api/v1/serviceability?{query}")).await?;
    anyhow::ensure!(answer.status == 200, "{query}: {}", answer.text);
    Ok(answer.json().get_mut("data").context("data")?.take())
}
