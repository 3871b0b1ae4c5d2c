//! The events of the domain, with their payloads.

use chrono::{DateTime, Utc};
use entities::{
    event::{self, Domain},
    ids::MessagingCustomerId,
    messaging_customer,
};
use kernel::events::{self, Actor, Kind, payloads};
use platform::error::Result;
use serde::Serialize;
use uuid::Uuid;

/// The type of an event of this domain. Events of the sandbox are not delivered: webhooks belong to the live side.
const fn kind<'a>(actor: &Actor, name: &'a str) -> Kind<'a> {
    Kind { domain: if actor.sandbox { Domain::MessagingSandbox } else { Domain::Messaging }, name }
}

/// An event about an object.
pub fn event<T: Serialize>(
    actor: &Actor,
    name: &str,
    object: (&str, Uuid),
    payload: &T,
    at: DateTime<Utc>,
) -> Result<event::Model> {
    events::event(actor, kind(actor, name), object, payload, at)
}

/// An event about a customer.
pub fn of_customer(actor: &Actor, name: &str, customer: &messaging_customer::Model) -> Result<event::Model> {
    event(actor, name, object(customer.id), &payload(customer), customer.updated_at)
}

/// An event about a change of a customer, with the differences.
pub fn of_changed_customer(
    actor: &Actor,
    name: &str,
    before: &messaging_customer::Model,
    after: &messaging_customer::Model,
) -> Result<event::Model> {
    let states = (&payload(before), &payload(after));
    events::change(actor, kind(actor, name), object(after.id), states, after.updated_at)
}

const fn object(id: MessagingCustomerId) -> (&'static str, Uuid) {
    ("messaging_customer", id.0)
}

/// The payload of events about a customer.
pub fn payload(customer: &messaging_customer::Model) -> payloads::MessagingCustomer {
    payloads::MessagingCustomer {
        version: payloads::MessagingCustomer::VERSION,
        id: customer.id,
        team: customer.team.clone(),
        name: customer.name.clone(),
        email: customer.email.clone(),
        status: customer.status,
        metadata: customer.metadata.clone(),
        archived_at: customer.archived_at,
        created_at: customer.created_at,
        updated_at: customer.updated_at,
    }
}
