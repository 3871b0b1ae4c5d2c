//! A vendor's order in the tree: one attempt per line with its deliveries below, then the results.

use super::{deliveries, section};
use crate::output::{self, time};
use entities::{
    vendor_request::{self, RequestState},
    vendor_result,
};
use isp::{
    explain::{Notification, Order},
    vendors::Status,
};
use std::fmt::Write;

/// A requested order.
pub(super) fn order(order: &Order) -> String {
    let record = &order.record;
    let (vendor, provisioner) = (output::escape(&order.vendor), output::escape(&order.provisioner));
    let side = if record.sandbox { "simulated" } else { "live" };
    let (id, at, kind) = (record.id.0, time(record.created_at), record.kind);
    let mut text = format!(
        "order {id}\n  {at}  {kind:?} of {vendor}, provisioner {provisioner}, {side}, {}",
        state(record)
    );
    section(&mut text, "attempts", &order.attempts, |attempt| with_deliveries(attempt, order));
    section(&mut text, "results", &order.results, result);
    text
}

/// Where an order stands.
pub(super) fn state(record: &vendor_request::Model) -> String {
    let at = time(record.decided_at.unwrap_or(record.deadline_at));
    let reason = record.reason.as_ref().map(|why| format!(": {}", output::escape(why))).unwrap_or_default();
    match record.state {
        RequestState::Open => format!("open until {at}{reason}"),
        RequestState::Succeeded => format!("fulfilled {at}"),
        RequestState::Failed => format!("failed {at}{reason}"),
    }
}

fn with_deliveries(Notification { record, delivery_status }: &Notification, order: &Order) -> Vec<String> {
    let mut line = format!("{}  {}  {}", record.id.0, time(record.created_at), word(delivery_status.status));
    if let Some(detail) = &delivery_status.detail {
        // Writing to a String does not fail.
        let _ = write!(line, ": {}", output::escape(detail));
    }
    let below = record.event_id.map(|event| deliveries::below(&order.deliveries.first, event));
    let below = below.into_iter().flatten().map(|line| format!("  {line}"));
    std::iter::once(line).chain(below).collect()
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::Retrying => "retrying",
        Status::Delivered => "delivered",
        Status::Failed => "failed",
        Status::Unknown => "not known any more",
    }
}

fn result(result: &vendor_result::Model) -> Vec<String> {
    let vendor_result::Model { id, attempt_id, created_at, status, error_message, .. } = result;
    let mut line = format!("{}  {}  {status:?} of attempt {}", id.0, time(*created_at), attempt_id.0);
    if let Some(message) = error_message {
        let _ = write!(line, ": {}", output::escape(message));
    }
    vec![line]
}
