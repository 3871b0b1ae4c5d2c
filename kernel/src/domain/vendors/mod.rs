//! Vendors: who fulfils what was ordered, outside of the platform, and says so later.
//!
//! ```text
//! order ─► request, details, attempt, job provision_attempt   one transaction
//! provision_attempt ─► event, delivery to the webhook         one transaction; the webhook engine does the rest
//! vendor's result ─► result, decision, the waiting job's time one transaction
//! ```
//!
//! Requests, details, attempts and results are histories: what is there stays. Of a request only what became of it
//! is written later, once. Whatever is decided is decided under the request's lock.

mod attempts;
mod decide;
mod deliver;
mod notification;
mod open;
mod results;

pub use decide::give_up;
pub use deliver::deliver;
pub use open::{NewOrder, latest_of, order};
pub use results::{NewResult, post, result_of};

use crate::{
    Work,
    error::{Error, Result},
    events::Actor,
};
use entities::{
    ids::{OrganizationId, VendorRequestId},
    vendor_request,
};
use sea_orm::{EntityTrait, QuerySelect};

/// The contract whose webhooks vendors are told by.
const CONTRACT: &str = "vendor";

/// What events call a request.
const RESOURCE: &str = "provision_request";

const MISSING: Error = Error::NotFound("Provision request");

/// Who acts, for the vendor: events of what is ordered are the vendor's, whoever orders.
fn acting_for(work: &Work, vendor: OrganizationId) -> Actor {
    Actor { organization: vendor, ..work.actor.clone() }
}

/// The request, locked against whoever else decides it or adds to it, until the transaction ends.
async fn lock(work: &Work, id: VendorRequestId) -> Result<vendor_request::Model> {
    let found = vendor_request::Entity::find_by_id(id).lock_exclusive();
    found.one(&*work.transaction().await?).await?.ok_or(MISSING)
}

/// Simulations and what is in earnest are apart. `NotFound` for a request of another vendor, `Forbidden` for one of
/// the actor's own on the other side.
fn check_side(actor: &Actor, request: &vendor_request::Model) -> Result<()> {
    if request.organization_id != actor.organization {
        return Err(MISSING);
    }
    same_side(actor.sandbox, request.sandbox)
}

/// Whether a credential of one side may have to do with something of the vendor's on that side.
fn same_side(credential: bool, object: bool) -> Result<()> {
    match (credential, object) {
        (true, false) => Err(Error::Forbidden("Simulation credentials are for what is simulated".into())),
        (false, true) => Err(Error::Forbidden("What is simulated is for simulation credentials".into())),
        _ => Ok(()),
    }
}
