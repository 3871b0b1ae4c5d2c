//! Parses and formats orders.

use crate::output;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

/// The used parts of a notification.
#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "provisionRequest")]
    request: Part,
    #[serde(rename = "provisionDetail", default)]
    detail: Value,
    #[serde(rename = "provisionAttempt")]
    attempt: Part,
}

#[derive(Deserialize)]
struct Part {
    id: Uuid,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// An order.
pub(super) struct Order {
    /// The id of the request.
    pub request: Uuid,
    /// The id of the attempt.
    pub attempt: Uuid,
    fields: Map<String, Value>,
    details: Map<String, Value>,
}

impl Order {
    /// Parses the body of a delivery.
    pub(super) fn read(body: &[u8]) -> serde_json::Result<Self> {
        let Notification { request, detail, attempt } = serde_json::from_slice(body)?;
        Ok(Self {
            request: request.id,
            attempt: attempt.id,
            fields: request.rest,
            details: detail["details"].as_object().cloned().unwrap_or_default(),
        })
    }

    /// The order as text: a title, and one line per value below it.
    pub(super) fn block(&self, at: DateTime<Utc>) -> String {
        let field = |name: &str| self.fields.get(name).map_or_else(|| "-".to_owned(), plain);
        let [kind, quantity, product] = ["type", "quantity", "productName"].map(field);
        let mut rows = vec![row("provisionRequest", &self.request), row("provisionAttempt", &self.attempt)];
        rows.extend(self.fields.iter().map(|(name, value)| row(name, &plain(value))));
        rows.extend(self.details.iter().map(|(name, value)| row(&format!("details.{name}"), &plain(value))));
        let rows = output::table(&rows).replace('\n', "\n  ");
        let ordered = format!("{kind}  {quantity} × {product}");
        format!("{}  {}\n  {rows}", output::time(at), output::escape(&ordered))
    }
}

fn row(name: &str, value: &impl ToString) -> [String; 2] {
    [name.to_owned(), value.to_string()]
}

/// Text unchanged, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_block_tells_all_and_cannot_be_forged() {
        let (request, attempt) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let body = json!({
            "provisionRequest": { "id": request, "type": "NetNew", "quantity": 7, "productName": "Fiber\n\u{1b}[2J" },
            "provisionDetail": { "details": { "domain": { "value": "a.example" } } },
            "provisionAttempt": { "id": attempt, "status": "Pending" },
        });
        let order = Order::read(body.to_string().as_bytes()).unwrap();
        let block = order.block(DateTime::UNIX_EPOCH);
        let lines: Vec<_> = block.split('\n').collect();
        assert_eq!(lines[0], "1970-01-01 00:00:00Z  NetNew  7 × Fiber\\n\\u{1b}[2J");
        assert_eq!(lines[1], format!("  provisionRequest  {request}"));
        assert_eq!(lines.len(), 7, "{block}");
        assert_eq!(lines[6], "  details.domain    {\"value\":\"a.example\"}");
    }

    #[test]
    fn what_is_no_order_is_refused() {
        for body in ["", "{}", r#"{"provisionRequest":{"id":"7"},"provisionAttempt":{"id":"8"}}"#] {
            assert!(Order::read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
