//! What a request did: the rows it changed and the jobs that followed from it, found by its id.

use crate::{Kernel, error::Result};
use chrono::{DateTime, Utc};
use entities::{
    event,
    ids::{self, EventId, JobId},
    job, organization,
};
use sea_orm::{
    ColumnTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Events, jobs and requests shown at most, each; of more only the number is told.
const SHOWN: u64 = 50;

/// One request of one organization: callers choose ids, so that two organizations may have the same.
#[derive(Debug)]
pub struct Request {
    /// Its id.
    pub id: String,
    /// Whose it is; empty for the platform's own.
    pub organization: String,
    /// When its first trace was made.
    pub at: DateTime<Utc>,
    /// The changes, in order.
    pub events: Part<event::Model>,
    /// The jobs that followed, in order; parts have their whole among them.
    pub jobs: Part<job::Model>,
}

/// Some of many.
#[derive(Debug)]
pub struct Part<T> {
    /// The first of them.
    pub first: Vec<T>,
    /// How many there are besides.
    pub more: u64,
}

/// The requests behind an id, oldest first: of a request, of a job, of an event, or of any object that was
/// changed. Empty when nothing is known of it.
pub async fn explain(kernel: &Kernel, id: &str) -> Result<Vec<Request>> {
    let db = kernel.db.reader();
    let mut requests = vec![];
    for request in behind(db, id).await? {
        requests.extend(of_request(db, &request).await?);
    }
    requests.sort_by_key(|request| request.at);
    Ok(requests)
}

/// The ids of the requests that an id leads to.
async fn behind(db: &DatabaseConnection, id: &str) -> Result<BTreeSet<String>> {
    let of_jobs = job::Entity::find().select_only().column(job::Column::RequestId);
    let of_events = event::Entity::find().select_only().column(event::Column::RequestId);
    let found: Vec<Option<String>> = if let Ok(job) = id.strip_prefix("bulk_").unwrap_or(id).parse::<JobId>()
    {
        of_jobs.filter(job::Column::Id.eq(job)).into_tuple().all(db).await?
    } else if let Ok(event) = id.parse::<EventId>() {
        of_events.filter(event::Column::Id.eq(event)).into_tuple().all(db).await?
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
        let times = events.first.iter().map(|event| event.created_at);
        let at = times.chain(jobs.first.iter().map(|job| job.created_at)).min().unwrap_or_default();
        let organization = organization.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
        requests.push(Request { id: id.to_owned(), organization, at, events, jobs });
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
