//! What a test tells of, where the caller does not say.

use super::schema::EventType;
use entities::RawJson;
use platform::Result;
use serde_json::{Value, json};

/// An object as an event of this type would tell of it.
pub(super) fn sample(kind: EventType) -> Result<RawJson> {
    Ok(RawJson::new(&object(kind))?)
}

fn object(kind: EventType) -> Value {
    let (resource, status) = kind.as_str().split_once('.').unwrap_or_default();
    match resource {
        "customer" => json!({
            "id": "cust_01JD72MYR07AY8VVR14D2PF2DB",
            "email": "john@example.com",
            "firstName": "John",
            "lastName": "Doe",
            "phone": null,
            "type": "INDIVIDUAL",
            "companyName": null,
            "status": "ACTIVE",
            "serviceAddress": {
                "street1": "1 Main Street", "city": "Escondido", "state": "CA", "zip": "92025", "country": "US",
            },
            "billingAddress": null,
            "metadata": null,
            "createdAt": "2026-01-01T00:00:00.000Z",
            "updatedAt": "2026-01-01T00:00:00.000Z",
        }),
        "ticket" => json!({
            "id": "tkt_01JD72MYR07AY8VVR14D2PF2DB",
            "customerId": "cust_01JD72MYR07AY8VVR14D2PF2DB",
            "subject": "Internet connection issues",
            "description": "Customer reports intermittent connectivity since yesterday morning.",
            "category": "TECHNICAL",
            "priority": "MEDIUM",
            "status": if status == "resolved" { "RESOLVED" } else { "OPEN" },
            "assignedTo": null,
            "tags": [],
            "metadata": null,
            "resolvedAt": if status == "resolved" { json!("2026-01-01T00:00:00.000Z") } else { Value::Null },
            "createdAt": "2026-01-01T00:00:00.000Z",
            "updatedAt": "2026-01-01T00:00:00.000Z",
        }),
        resource => {
            json!({ "id": format!("{resource}_01JD72MYR07AY8VVR14D2PF2DB"), "status": status, "test": true })
        }
    }
}
