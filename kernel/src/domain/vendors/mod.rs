//! Vendors: who fulfils what was ordered, outside of the platform, and says so later.
//!
//! ```text
//! order ─► request, details, attempt, job provision_attempt   one transaction
//! provision_attempt ─► event, delivery to the webhook         one transaction; the webhook engine does the rest
//! vendor's result ─► result, decision, the waiting job's time one transaction
//! ```
//!
//! Requests, details, attempts and results are histories: what is there stays. A request is open until a `Success`, a
//! cancellation or its deadline ([`outcome`]): a `Fail` is kept as its last failure, and the vendor may try again. What
//! became of it is written once, under the request's lock. This holds for live and simulated requests alike.

pub mod attempts;
mod decide;
mod deliver;
pub mod hooks;
mod open;
mod outcome;
mod pages;
pub mod provisioners;
pub mod requests;
mod resend;
pub mod results;
mod side;
mod simulate;
mod standing;

pub use attempts::Attempt;
pub use decide::{cancel_orders_of, expire, expire_overdue, give_up};
pub use deliver::deliver;
pub use open::{Given, GivenOrder, NewOrder, detach_failed, latest_of, order};
pub use pages::Part;
pub use resend::send_rest;
pub use results::result_of;
pub use side::Side;
pub use simulate::{Made, Simulated, simulate};
pub(crate) use standing::{Ended, keep_ended, of as standing_of};
pub use standing::{Standing, Status};

use crate::{
    UnitOfWork, contracts,
    error::{Error, Result},
    events::Actor,
};
use entities::{
    ids::{OrganizationId, VendorRequestId},
    vendor_request,
};
use sea_orm::{EntityTrait, QuerySelect};

/// The contract whose webhooks vendors are told by.
const CONTRACT: &str = contracts::vendor::CONTRACT.name;

/// What events call a request.
const RESOURCE: &str = "provision_request";

const MISSING: Error = Error::NotFound("Provision request");

/// Versions of the details, attempts, and failures of one request at most.
const MOST: i32 = 100;

/// The number of the next one of a history; `Conflict` when there are [`MOST`].
fn next_number(last: Option<i32>, what: &str) -> Result<i32> {
    match last.unwrap_or_default() {
        MOST.. => {
            let message = format!("The provision request has {MOST} {what}, and cannot have more");
            Err(Error::Conflict { message, field: None })
        }
        last => Ok(last + 1),
    }
}

/// Who acts, for the vendor: events of what is ordered are the vendor's, whoever orders.
fn acting_for(work: &UnitOfWork, vendor: OrganizationId) -> Actor {
    Actor { organization: vendor, ..work.actor.clone() }
}

/// The request, locked against whoever else decides it or adds to it, until the transaction ends.
async fn lock(work: &UnitOfWork, id: VendorRequestId) -> Result<vendor_request::Model> {
    let found = vendor_request::Entity::find_by_id(id).lock_exclusive();
    found.one(&work.transaction().await?).await?.ok_or(MISSING)
}

/// The same, of the actor's own on the actor's side.
async fn lock_own(work: &UnitOfWork, id: VendorRequestId) -> Result<vendor_request::Model> {
    let found = vendor_request::Entity::find_by_id(id).lock_exclusive();
    Side::from(&work.actor).admit(found.one(&work.transaction().await?).await?)
}
