//! `/api/v1/tickets` and the paths below it.

mod attachments;
mod changed;
mod comments;
mod events;
mod listed;
mod opened;

use super::customer;
use crate::app::Caller;
use anyhow::{Result, ensure};
use serde_json::{Value, json};

/// Ids of the right form that nothing has, and one of none.
const NOBODYS: [(&str, &str); 2] =
    [("tkt_01JD72MYR07AY8VVR14D2PF2DB", "cust_01JD72MYR07AY8VVR14D2PF2DB"), ("x", "x")];

/// A ticket with nothing but what is required.
fn ticket(customer: &str) -> Value {
    json!({ "customerId": customer, "subject": "No line", "description": "Since the storm.", "category": "OUTAGE" })
}

/// Creates the customer; its id.
async fn new_customer(caller: &Caller, email: &str) -> Result<String> {
    made(caller, "/api/v1/customers", &customer(email)).await.map(|made| text(&made["id"]))
}

/// Creates a customer and a ticket of it; where the ticket is.
async fn new_ticket(caller: &Caller) -> Result<String> {
    let customer = new_customer(caller, "john@example.com").await?;
    let made = made(caller, "/api/v1/tickets", &ticket(&customer)).await?;
    Ok(format!("/api/v1/tickets/{}", text(&made["id"])))
}

/// What a POST has made.
async fn made(caller: &Caller, path: &str, body: &Value) -> Result<Value> {
    let answer = caller.post(path, body).await?;
    ensure!(matches!(answer.status, 200 | 201), "{answer:?}");
    Ok(answer.json()["data"].take())
}

/// The ticket as a change has left it.
async fn changed(caller: &Caller, path: &str, change: Value) -> Result<Value> {
    let answer = caller.patch(path, &change).await?;
    ensure!(answer.status == 200, "{change}: {answer:?}");
    Ok(answer.json()["data"].take())
}

/// The list at a path.
async fn listed(caller: &Caller, path: &str) -> Result<Vec<Value>> {
    let answer = caller.get(path).await?;
    ensure!(answer.status == 200, "{path}: {answer:?}");
    Ok(answer.json()["data"].as_array().cloned().unwrap_or_default())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
