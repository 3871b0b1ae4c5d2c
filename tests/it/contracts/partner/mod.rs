//! The partner contract.

mod addresses;
mod bulk;
mod bulk_file;
pub mod coverage;
mod customers;
pub mod network;
mod outage;
mod round_trips;
pub mod subscriptions;
mod tickets;
mod usage;
mod webhooks;

use serde_json::{Value, json};

/// A customer with nothing but what is required.
pub fn customer(email: &str) -> Value {
    json!({
        "email": email,
        "firstName": "John",
        "lastName": "Doe",
        "serviceAddress": { "street1": "123 Main Street", "city": "Escondido", "state": "CA", "zip": "92025" },
    })
}
