//! `explain`: shows what a request did.

mod deliveries;
mod orders;
mod provisioning;

use crate::{
    context,
    output::{self, time},
    settings::{DataLocation, Global},
};
use entities::{
    event, ids,
    job::{self, JobState},
};
use isp::explain::{self, Explained, Part, Request};
use serde_json::Value;
use std::{fmt::Write, process::ExitCode};

/// Show what a request did: rows changed, webhook deliveries, jobs enqueued
///
/// Takes a request id (`X-Request-Id` of the response), or the id of a job or of a changed object, and shows all
/// requests that changed it. For an event, a delivery or a webhook, also shows its delivery attempts. For a vendor's
/// order, or one of its details, attempts or results, also shows the order with all attempts and results. For a
/// provisioning request, also shows why it was undone, the job that undid it and the orders from vendors for it.
#[derive(clap::Args)]
pub struct Args {
    /// A request id, or `job_…`, `evt_…`, `whd_…`, `wh_…` (of messaging: `wbd_…`, `wbs_…`), `cust_…`, `prov_…`, or a UUID of the vendor contract
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    location: DataLocation,
}

/// Prints the tree; exit code 1 if the id is unknown.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let kernel = context::existing(&global, args.location).await?;
    let found = explain::explain(&kernel, &args.id).await?;
    let Explained { event, webhook, order, provisioning, requests } = found;
    let event = event.as_ref().map(deliveries::event);
    let webhook = webhook.as_ref().map(deliveries::webhook);
    let order = order.as_ref().map(orders::order);
    let provisioning = provisioning.as_ref().map(provisioning::provisioning);
    let objects = [event, webhook, order, provisioning].into_iter().flatten();
    let trees: Vec<_> = objects.chain(requests.iter().map(tree)).collect();
    if trees.is_empty() {
        output::print_error(&format!(
            "switchyard: nothing found for {}: it changed nothing, or its records have expired",
            args.id
        ));
        return Ok(ExitCode::FAILURE);
    }
    output::print(&trees.join("\n\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn tree(request: &Request) -> String {
    let mut text = format!("request {}\n  {}  {}", request.id, time(request.at), origin(request));
    section(&mut text, "changes", &request.events, |event| with_deliveries(event, request));
    if request.deliveries.more > 0 {
        let _ = write!(text, "\n    and {} more deliveries of these", request.deliveries.more);
    }
    let roots =
        |job: &&job::Model| job.parent_id.is_none_or(|id| request.jobs.first.iter().all(|job| job.id != id));
    let jobs = Part { first: request.jobs.first.iter().filter(roots).collect(), more: request.jobs.more };
    section(&mut text, "jobs", &jobs, |job| with_parts(job, &request.jobs.first));
    text
}

/// The actor and address, from the first event of the request.
fn origin(request: &Request) -> String {
    let organization = if request.organization.is_empty() { "the platform" } else { &request.organization };
    let first = request.events.first.iter().find(|event| event.operation.is_some());
    let Some(event) = first else { return format!("of {organization}") };
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    format!("{} of {organization}, by {} from {}", part(&event.operation), event.actor, part(&event.address))
}

fn section<T>(text: &mut String, title: &str, part: &Part<T>, lines: impl Fn(&T) -> Vec<String>) {
    // Writing to a String does not fail.
    let _ = write!(text, "\n  {title}{}", if part.first.is_empty() { ": none" } else { "" });
    for line in part.first.iter().flat_map(lines) {
        let _ = write!(text, "\n    {line}");
    }
    if part.more > 0 {
        let _ = write!(text, "\n    and {} more", part.more);
    }
}

fn change(event: &event::Model) -> String {
    let object = ids::show(&event.resource, event.resource_id);
    let by = if event.operation.is_none() { format!("  by {}", event.actor) } else { String::new() };
    let fields = event.changes.as_ref().and_then(Value::as_object).into_iter().flatten();
    let mut line = format!("{}  {object}{by}", output::escape(&event.kind));
    for (name, change) in fields {
        let _ = write!(line, "\n      {name}: {} -> {}", change["before"], change["after"]);
    }
    line
}

fn with_deliveries(event: &event::Model, request: &Request) -> Vec<String> {
    let below = deliveries::below(&request.deliveries.first, event.id);
    std::iter::once(change(event)).chain(below.into_iter().map(|line| format!("  {line}"))).collect()
}

fn with_parts(job: &job::Model, all: &[job::Model]) -> Vec<String> {
    let parts = all.iter().filter(|part| part.parent_id == Some(job.id));
    let parts = parts.map(|part| format!("  child {}", job_line(part)));
    std::iter::once(job_line(job)).chain(parts).collect()
}

fn job_line(job: &job::Model) -> String {
    let job::Model { id, kind, attempt, failures, lost_leases, .. } = job;
    let mut line = format!("{id}  {kind}  {}, attempt {attempt}", job.state.as_str());
    for (count, what) in [(failures, "failed"), (lost_leases, "lost with its worker")] {
        if *count > 0 {
            let _ = write!(line, ", {count} {what}");
        }
    }
    if *attempt > 0 && job.state == JobState::Queued {
        let _ = write!(line, ", waits until {}", time(job.run_at));
    }
    if let (Some(started), Some(finished)) = (job.started_at, job.finished_at) {
        let _ = write!(line, ", took {:.1} s", (finished - started).as_seconds_f64());
    }
    if let Some(error) = &job.last_error {
        let _ = write!(line, ": {}", error.lines().next().unwrap_or_default());
    }
    line
}
