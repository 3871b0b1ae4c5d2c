//! Vendors: companies that fulfil orders outside the platform and report the results later.
//!
//! ```text
//! order ─► request, details, attempt, job provision_attempt   one transaction
//! provision_attempt ─► event, delivery to the webhook         one transaction; the webhook engine does the rest
//! vendor's result ─► result, decision, the waiting job's time one transaction
//! ```
//!
//! Requests, details, attempts and results are append-only. A request is open until a `Success`, a cancellation or its
//! deadline ([`outcome`]): a `Fail` is stored as its last failure, and the vendor may retry. Its decision is written
//! once, under the request's lock. This applies to live and simulated requests alike.

pub mod attempts;
mod decide;
mod deliver;
mod delivery_status;
mod details;
mod open;
mod outcome;
mod pages;
pub mod provisioner_webhooks;
pub mod provisioners;
pub mod requests;
mod resend;
pub mod results;
mod scope;
mod simulate;

pub use decide::{cancel_orders_of, expire, expire_overdue, give_up};
pub use deliver::deliver;
pub(crate) use delivery_status::of as delivery_status_of;
pub use delivery_status::{Attempt, DeliveryStatus, KeepEnded, Status};
pub use open::{Given, GivenOrder, NewOrder, detach_failed, latest_of, order};
pub use pages::PageRequest;
pub use resend::send_rest;
pub use results::result_of;
pub use scope::VendorScope;
pub use simulate::{Made, Simulated, simulate};

use entities::{
    ids::{OrganizationId, VendorRequestId},
    vendor_request,
};
use kernel::{UnitOfWork, contracts, events::Actor};
use platform::error::{Error, Field, Result};
use sea_orm::{DbErr, EntityTrait, QuerySelect, SqlErr};

/// The contract of vendors' webhooks.
const CONTRACT: &str = contracts::vendor::CONTRACT.name;

/// The resource type in events.
const RESOURCE: &str = "provision_request";

const MISSING: Error = Error::NotFound("Provision request");

/// Maximum number of versions of the details, attempts, and failures of a request.
const MOST: i32 = 100;

/// The number of the next entry; `Conflict` if there are [`MOST`].
fn next_number(last: Option<i32>, what: &str) -> Result<i32> {
    match last.unwrap_or_default() {
        MOST.. => {
            let message = format!("The provision request already has {MOST} {what}, the maximum");
            Err(Error::Conflict { message, field: None })
        }
        last => Ok(last + 1),
    }
}

/// `Conflict` because a given id is in use.
fn in_use(field: Field) -> Error {
    Error::Conflict { message: format!("{} is in use", field.as_str()), field: Some(field) }
}

/// The database's error, or `Conflict` if the given id was taken meanwhile.
fn or_in_use(error: DbErr, field: Field) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => in_use(field),
        _ => error.into(),
    }
}

/// The actor for the vendor's events: they belong to the vendor, not to the organization that orders.
fn vendor_actor(work: &UnitOfWork, vendor: OrganizationId) -> Actor {
    Actor { organization: vendor, ..work.actor.clone() }
}

/// The request, locked until the transaction ends.
async fn lock(work: &UnitOfWork, id: VendorRequestId) -> Result<vendor_request::Model> {
    let found = vendor_request::Entity::find_by_id(id).lock_exclusive();
    found.one(&work.transaction().await?).await?.ok_or(MISSING)
}

/// Like it, if the request belongs to the actor and its side.
async fn lock_own(work: &UnitOfWork, id: VendorRequestId) -> Result<vendor_request::Model> {
    let found = vendor_request::Entity::find_by_id(id).lock_exclusive();
    VendorScope::from(&work.actor).admit(found.one(&work.transaction().await?).await?)
}
