//! Deliveries in the tree: below their event, by webhook, one attempt per line.

use super::{change, section};
use crate::output::time;
use entities::{delivery, ids::EventId};
use isp::explain::{Attempt, Event, Part, Webhook};
use std::fmt::Write;

/// A requested event with its deliveries.
pub(super) fn event(event: &Event) -> String {
    let mut text = match &event.record {
        Some(record) => format!("event {}\n  {}  {}", record.id, time(record.created_at), change(record)),
        None => "event\n  no longer stored".to_owned(),
    };
    let id = event.deliveries.first.first().map(|attempt| attempt.record.event_id);
    let lines = id.map(|id| below(&event.deliveries.first, id)).unwrap_or_default();
    section(&mut text, "deliveries", &Part { first: lines, more: event.deliveries.more }, |line| {
        vec![line.clone()]
    });
    text
}

/// A requested webhook with its newest deliveries.
pub(super) fn webhook(webhook: &Webhook) -> String {
    let record = &webhook.record;
    let mut text = format!("webhook {}\n  {}  {}", record.id, record.url, record.status.as_str());
    if let Some(reason) = &record.status_reason {
        // Writing to a String does not fail.
        let _ = write!(text, ": {reason}");
    }
    if let Some(at) = record.deleted_at {
        let _ = write!(text, ", deleted {}", time(at));
    }
    section(&mut text, "newest deliveries", &webhook.deliveries, |Attempt { record, .. }| {
        vec![format!("{}  #{}  {}", record.event_id, record.sequence, line(record))]
    });
    text
}

/// The lines of one event's deliveries.
pub(super) fn below(all: &[Attempt], event: EventId) -> Vec<String> {
    let (mut lines, mut endpoint) = (vec![], None);
    for attempt in all.iter().filter(|attempt| attempt.record.event_id == event) {
        if endpoint.replace(attempt.record.endpoint_id) != Some(attempt.record.endpoint_id) {
            let url = attempt.url.as_deref().unwrap_or("deleted");
            lines.push(format!("to {}  {url}", attempt.record.endpoint_id));
        }
        lines.push(format!("  {}", line(&attempt.record)));
    }
    lines
}

/// `whd_…  attempt 1, retrying, sent …, answered 500 after 12 ms: the receiver answered 500`
fn line(record: &delivery::Model) -> String {
    let delivery::Model { id, attempt, .. } = record;
    let mut line = format!("{id}  attempt {attempt}, {}", record.state.as_str());
    let _ = match record.sent_at {
        Some(at) => write!(line, ", sent {}", time(at)),
        None => write!(line, ", due {}", time(record.due_at)),
    };
    if let Some(status) = record.http_status {
        let _ = write!(line, ", answered {status}");
    }
    if let Some(took) = record.took_ms {
        let _ = write!(line, " after {took} ms");
    }
    if let Some(error) = record.error.as_ref().filter(|_| record.http_status.is_none()) {
        let _ = write!(line, ": {}", error.lines().next().unwrap_or_default());
    }
    line
}
