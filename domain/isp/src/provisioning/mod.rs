//! Provisioning: what the network does for subscriptions, and the requests to change it.
//!
//! A request is worked on as a saga: steps that are rows, each safe to do twice and each with its undo. A step's
//! effect and its row are one transaction; what is done outside of SQL, to the network, is declarative, and read back.
//! [`begin`] takes what the service needs, the worker makes the network agree and reads it back, and [`complete`]
//! ends it; what cannot be done is undone ([`turn_back`], [`undone`]). Whatever is killed in between, the next
//! attempt goes on there. See docs/provisioning.md.

mod align;
mod back;
mod begin;
mod complete;
mod follow;
mod left_over;
mod open;
mod openings;
mod retry;
mod rounds;
mod service;
pub mod simulated;
mod steps;
pub mod vendor;

pub use align::{Alignment, align, aligned, alignment};
pub use back::{notes, turn_back, undone};
pub use begin::{Begun, Plan, begin};
pub use complete::{Completed, complete};
pub use follow::Provisioned;
pub use left_over::find_left_over;
pub use open::{NewRequest, cancel, open};
pub use openings::Openings;
pub use retry::prepare_retry;
pub use rounds::{Attempt, Ending, begin_each, complete_each};
pub use service::Service;

use entities::{
    event,
    ids::{CustomerId, OrganizationId, ProvisioningId},
    provisioning_request::{self, RequestStatus},
};
use kernel::{
    Kernel, UnitOfWork,
    events::{self, Actor},
};
use platform::error::{Error, Result};
use platform::paging::Page;
use sea_orm::{ColumnTrait, QueryFilter, QueryTrait};

/// What events call a request.
const RESOURCE: &str = "provisioning";

const MISSING: Error = Error::NotFound("Provisioning request");

/// Which requests a list shows: those that fit all that is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    /// Those of this customer; none for one who is not of the organization.
    pub customer: Option<CustomerId>,
    /// Those that stand so.
    pub status: Option<RequestStatus>,
}

/// A page of the organization's requests, oldest first. `page` counts from 1.
pub async fn list(
    kernel: &Kernel,
    organization: OrganizationId,
    filter: Filter,
    page: u64,
    limit: u64,
) -> Result<Page<provisioning_request::Model>> {
    use provisioning_request::{Column, Entity};
    if filter == Filter::default() {
        return kernel.positions.page::<Entity>(kernel.db.reader(), organization, page, limit).await;
    }
    let all = Entity::of(organization)
        .apply_if(filter.customer, |query, id| query.filter(Column::CustomerId.eq(id)))
        .apply_if(filter.status, |query, status| query.filter(Column::Status.eq(status)));
    Page::of(kernel.db.reader(), all, page, limit).await
}

/// One request of the organization.
pub async fn get(
    kernel: &Kernel,
    organization: OrganizationId,
    id: ProvisioningId,
) -> Result<provisioning_request::Model> {
    let found = provisioning_request::Entity::one_of(organization, id).one(kernel.db.reader()).await?;
    found.ok_or(MISSING)
}

/// What is told of a request: the event of that type, of the request as it is now.
fn told(work: &UnitOfWork, kind: &str, request: &provisioning_request::Model) -> Result<event::Model> {
    told_by(&work.actor, kind, request)
}

/// The same, by somebody else.
fn told_by(actor: &Actor, kind: &str, request: &provisioning_request::Model) -> Result<event::Model> {
    events::event(actor, kind, (RESOURCE, request.id.0), request, request.updated_at)
}
