//! Finds what a request did by its id: changed rows, webhook deliveries, and jobs.

mod deliveries;
mod orders;
mod provisioning;

pub use deliveries::{Attempt, Event, Webhook};
pub use orders::{Notification, Order};
pub use provisioning::Provisioning;

use chrono::{DateTime, Utc};
use entities::{
    event,
    ids::{self, EventId, JobId},
    job, organization,
};
use kernel::Kernel;
use platform::error::Result;
use sea_orm::{
    ColumnTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Maximum number of events, deliveries, jobs and requests each; the rest is only counted.
const SHOWN: u64 = 50;

/// The result for an id.
#[derive(Debug)]
pub struct Explained {
    /// The event, if it is the id of an event or of one of its deliveries.
    pub event: Option<Event>,
    /// The webhook, if it is the id of one.
    pub webhook: Option<Webhook>,
    /// The order, if it is the id of a vendor's provision request, or of one of its details, attempts or results.
    pub order: Option<Order>,
    /// The provisioning request, for the id of one.
    pub provisioning: Option<Provisioning>,
    /// The requests behind the id, oldest first.
    pub requests: Vec<Request>,
}

/// One request of one organization: callers choose ids, so that two organizations may have the same.
#[derive(Debug)]
pub struct Request {
    /// Its id.
    pub id: String,
    /// Its organization; empty for the platform's own.
    pub organization: String,
    /// The time of its first record.
    pub at: DateTime<Utc>,
    /// The changes, in order.
    pub events: Part<event::Model>,
    /// Deliveries of the shown events, in order.
    pub deliveries: Part<Attempt>,
    /// The resulting jobs, in order, children with their parents.
    pub jobs: Part<job::Model>,
}

/// A part of a list.
#[derive(Debug)]
pub struct Part<T> {
    /// The first items.
    pub first: Vec<T>,
    /// The number of other items.
    pub more: u64,
}

/// Looks up an id of a request, job, event, delivery, vendor's order, or any changed object. Empty if it is unknown.
pub async fn explain(kernel: &Kernel, id: &str) -> Result<Explained> {
    let db = kernel.db.reader();
    let (event, webhook) = (deliveries::event(db, id).await?, deliveries::webhook(db, id).await?);
    let order = orders::order(kernel, id).await?;
    let provisioning = provisioning::provisioning(db, id).await?;
    let mut behind = behind(db, id, event.as_ref()).await?;
    behind.extend(provisioning.iter().filter_map(|found| found.job.as_ref()?.request_id.clone()));
    let mut requests = vec![];
    for request in behind {
        requests.extend(of_request(db, &request).await?);
    }
    requests.sort_by_key(|request| request.at);
    Ok(Explained { event, webhook, order, provisioning, requests })
}

/// The ids of the requests related to an id.
async fn behind(db: &DatabaseConnection, id: &str, event: Option<&Event>) -> Result<BTreeSet<String>> {
    let of_jobs = job::Entity::find().select_only().column(job::Column::RequestId);
    let of_events = event::Entity::find().select_only().column(event::Column::RequestId);
    let found: Vec<Option<String>> = if let Some(event) = event {
        event.record.iter().map(|event| event.request_id.clone()).collect()
    } else if let Ok(job) = id.strip_prefix("bulk_").unwrap_or(id).parse::<JobId>() {
        of_jobs.filter(job::Column::Id.eq(job)).into_tuple().all(db).await?
    } else if let Some(object) = ids::any(id) {
        let about = of_events.filter(event::Column::ResourceId.eq(object));
        about.order_by_desc(event::Column::Id).limit(SHOWN).into_tuple().all(db).await?
    } else {
        vec![]
    };
    Ok(found.into_iter().flatten().chain([id.to_owned()]).collect())
}

async fn of_request(db: &DatabaseConnection, id: &str) -> Result<Vec<Request>> {
    let events = event::Entity::find().filter(event::Column::RequestId.eq(id));
    let jobs = job::Entity::find().filter(job::Column::RequestId.eq(id));
    let of_events = events.clone().select_only().column(event::Column::OrganizationId).distinct();
    let of_jobs = jobs.clone().select_only().column(job::Column::OrganizationId).distinct();
    let mut organizations: BTreeSet<Option<Uuid>> = of_jobs.into_tuple().all(db).await?.into_iter().collect();
    organizations.extend(of_events.into_tuple::<Uuid>().all(db).await?.into_iter().map(Some));
    let names = names(db).await?;
    let mut requests = vec![];
    for organization in organizations {
        let events = events.clone().filter(event::Column::OrganizationId.eq(organization));
        let jobs = jobs.clone().filter(match organization {
            Some(organization) => job::Column::OrganizationId.eq(organization),
            None => job::Column::OrganizationId.is_null(),
        });
        let events = part(db, events.order_by_asc(event::Column::Id)).await?;
        let jobs = part(db, jobs.order_by_asc(job::Column::Id)).await?;
        let shown: Vec<EventId> = events.first.iter().map(|event| event.id).collect();
        let deliveries = deliveries::of_events(db, &shown).await?;
        let times = events.first.iter().map(|event| event.created_at);
        let at = times.chain(jobs.first.iter().map(|job| job.created_at)).min().unwrap_or_default();
        let organization = organization.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
        requests.push(Request { id: id.to_owned(), organization, at, events, deliveries, jobs });
    }
    Ok(requests)
}

async fn names(db: &DatabaseConnection) -> Result<BTreeMap<Uuid, String>> {
    let all = organization::Entity::find().all(db).await?;
    Ok(all.into_iter().map(|organization| (organization.id.0, organization.name)).collect())
}

async fn part<E>(db: &DatabaseConnection, query: sea_orm::Select<E>) -> Result<Part<E::Model>>
where
    E: EntityTrait,
    E::Model: Sync,
{
    let all = query.clone().count(db).await?;
    let first = query.limit(SHOWN).all(db).await?;
    Ok(Part { more: all.saturating_sub(first.len() as u64), first })
}
