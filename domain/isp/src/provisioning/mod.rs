//! Provisioning: the services of subscriptions in the network, and the requests to change them.
//!
//! A request is a saga of idempotent steps, stored as rows, each with a compensation. A step's effect in SQL and its row
//! are one transaction; effects on the network are declarative and verified by reading them back. [`begin`] allocates
//! resources, the worker applies and verifies the service, and [`complete`] ends the request; a request that cannot be
//! fulfilled is rolled back ([`start_rollback`], [`finish_rollback`]). After a crash, the next attempt continues. See
//! docs/provisioning.md.

mod batch;
mod begin;
mod compensate;
mod complete;
mod on_subscription_changed;
mod open;
mod open_batch;
mod orphans;
mod retry;
mod service;
pub mod simulated;
mod steps;
mod sync;
pub mod vendor;

pub use batch::{Attempt, Ending, begin_each, complete_each};
pub use begin::{Plan, Start, begin};
pub use compensate::{Rollback, finish_rollback, notes, rollback, start_rollback};
pub use complete::{Completed, complete};
pub use on_subscription_changed::Provisioned;
pub use open::{NewRequest, cancel, open};
pub use open_batch::OpenBatcher;
pub use orphans::find_orphans;
pub use retry::prepare_retry;
pub use service::Service;
pub use sync::{DesiredState, confirm_synced, desired_state, enqueue_sync};

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

/// The resource name in events.
const RESOURCE: &str = "provisioning";

const MISSING: Error = Error::NotFound("Provisioning request");

/// Filters of a list, combined with and.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only requests of this customer. An unknown customer has none.
    pub customer: Option<CustomerId>,
    /// Only requests with this status.
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

/// An event of this type about the request.
fn event_for(work: &UnitOfWork, kind: &str, request: &provisioning_request::Model) -> Result<event::Model> {
    event_by(&work.actor, kind, request)
}

/// An event of this type about the request, by this actor.
fn event_by(actor: &Actor, kind: &str, request: &provisioning_request::Model) -> Result<event::Model> {
    events::event(actor, kind, (RESOURCE, request.id.0), request, request.updated_at)
}
