//! Outages: opened, updated and resolved by the operator, read by partners.

use super::{
    affected,
    rules::{Faults, is_zip, services},
};
use chrono::{DateTime, Utc};
use entities::{
    api_key::Texts,
    ids::{OrganizationId, OutageId},
    outage::{self, OutageStatus, OutageType, Severity, Update, Updates},
};
use kernel::{Kernel, UnitOfWork, events};
use platform::{
    error::{Error, Field, Result},
    paging::Page,
};
use sea_orm::{ActiveModelTrait, ColumnTrait, IntoActiveModel, QueryFilter, QuerySelect, QueryTrait};
use serde::Serialize;

/// A new outage.
#[derive(Debug, Clone)]
pub struct NewOutage {
    /// Its type.
    pub kind: OutageType,
    /// Its severity.
    pub severity: Severity,
    /// Short title.
    pub title: String,
    /// Full description.
    pub description: String,
    /// Common names of the affected areas, at least one.
    pub areas: Vec<String>,
    /// Affected services; default: internet.
    pub services: Vec<String>,
    /// Affected ZIP codes of five digits, at least one.
    pub zips: Vec<String>,
    /// Its start, not in the future; default: now.
    pub started_at: Option<DateTime<Utc>>,
    /// When it should be over.
    pub estimated_resolution: Option<DateTime<Utc>>,
}

/// An update; `None` leaves a value unchanged.
#[derive(Debug, Clone)]
pub struct OutageUpdate {
    /// The text.
    pub message: String,
    /// The author.
    pub author: String,
    /// The new status.
    pub status: Option<OutageStatus>,
    /// The new severity.
    pub severity: Option<Severity>,
    /// When it should be over.
    pub estimated_resolution: Option<DateTime<Utc>>,
}

/// A filter of outages.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Status.
    pub status: Option<OutageStatus>,
    /// Type.
    pub kind: Option<OutageType>,
}

/// The payload of events, as in lists.
#[derive(Serialize)]
struct OutagePayload<'a> {
    id: OutageId,
    #[serde(rename = "type")]
    kind: OutageType,
    severity: Severity,
    status: OutageStatus,
    title: &'a str,
    description: &'a str,
    affected_area: String,
    affected_customers: u64,
    affected_zips: Vec<&'a str>,
    started_at: DateTime<Utc>,
    estimated_resolution: Option<DateTime<Utc>>,
    resolved_at: Option<DateTime<Utc>>,
    updates: &'a [Update],
}

impl<'a> From<&'a outage::Model> for OutagePayload<'a> {
    fn from(outage: &'a outage::Model) -> Self {
        Self {
            id: outage.id,
            kind: outage.kind,
            severity: outage.severity,
            status: outage.status,
            title: &outage.title,
            description: &outage.description,
            affected_area: area(outage),
            affected_customers: outage.affected_zips.total(),
            affected_zips: outage.affected_zips.0.keys().map(String::as_str).collect(),
            started_at: outage.started_at,
            estimated_resolution: outage.estimated_resolution,
            resolved_at: outage.resolved_at,
            updates: &outage.updates.0,
        }
    }
}

/// The outage's areas as one text.
pub fn area(outage: &outage::Model) -> String {
    outage.affected_areas.0.join("; ")
}

impl NewOutage {
    fn check(&self, started: DateTime<Utc>, now: DateTime<Utc>) -> Result<()> {
        let mut faults = Faults::default();
        faults.announcement((&self.title, &self.description), &self.areas, &self.services);
        let zips = !self.zips.is_empty() && self.zips.iter().all(|zip| is_zip(zip));
        faults.unless(zips, Field::Zip, "must have at least one code of five digits");
        faults.unless(started <= now, Field::Started, "must not be after now");
        faults.unless(
            self.estimated_resolution.is_none_or(|end| end > started),
            Field::Estimate,
            AFTER_BEGINNING,
        );
        faults.end()
    }
}

const AFTER_BEGINNING: &str = "must be after the start";

/// Opens an outage as `INVESTIGATING`, and records `outage.detected`. Affected customers are counted now. `Invalid`
/// names every fault.
pub async fn open(work: &UnitOfWork, new: NewOutage) -> Result<outage::Model> {
    let now = work.now();
    let started_at = new.started_at.unwrap_or(now);
    new.check(started_at, now)?;
    let transaction = work.transaction().await?;
    let zips = new.zips.iter().map(String::as_str);
    let outage = outage::Model {
        id: OutageId::new(),
        organization_id: work.actor.organization,
        kind: new.kind,
        severity: new.severity,
        status: OutageStatus::Investigating,
        title: new.title,
        description: new.description,
        affected_areas: Texts(new.areas),
        affected_services: services(new.services),
        affected_zips: affected::count(&transaction, work.actor.organization, zips).await?,
        started_at,
        estimated_resolution: new.estimated_resolution,
        resolved_at: None,
        updates: Updates::default(),
        created_at: now,
        updated_at: now,
    };
    outage.clone().into_active_model().insert(&transaction).await?;
    let (about, shown) = (("outage", outage.id.0), OutagePayload::from(&outage));
    work.record([events::event(&work.actor, "outage.detected", about, &shown, now)?]);
    Ok(outage)
}

/// Adds an update to an outage, counts its customers again, and records `outage.updated`, or `outage.resolved` with the
/// status `RESOLVED`. `Conflict` if it is already resolved.
pub async fn update(work: &UnitOfWork, id: OutageId, update: OutageUpdate) -> Result<outage::Model> {
    let transaction = work.transaction().await?;
    let found =
        outage::Entity::one_of(work.actor.organization, id).lock_exclusive().one(&transaction).await?;
    let before = found.ok_or(Error::NotFound("Outage"))?;
    let mut after = updated(before.clone(), update, work.now())?;
    let zips = before.affected_zips.0.keys().map(String::as_str);
    after.affected_zips = affected::count(&transaction, before.organization_id, zips).await?;
    after.clone().into_active_model().reset_all().update(&transaction).await?;
    let kind = if after.resolved_at.is_some() { "outage.resolved" } else { "outage.updated" };
    let (about, shown) = (("outage", id.0), (&OutagePayload::from(&before), &OutagePayload::from(&after)));
    work.record([events::change(&work.actor, kind, about, shown, after.updated_at)?]);
    Ok(after)
}

/// The outage with the update applied.
fn updated(mut outage: outage::Model, update: OutageUpdate, now: DateTime<Utc>) -> Result<outage::Model> {
    if outage.resolved_at.is_some() {
        return Err(Error::Conflict {
            message: "The outage is already resolved".into(),
            field: Some(Field::Status),
        });
    }
    let mut faults = Faults::default();
    faults.non_empty(Field::Message, &update.message);
    faults.non_empty(Field::Author, &update.author);
    let later = update.estimated_resolution.is_none_or(|end| end > outage.started_at);
    faults.unless(later, Field::Estimate, AFTER_BEGINNING);
    faults.end()?;
    outage.status = update.status.unwrap_or(outage.status);
    outage.severity = update.severity.unwrap_or(outage.severity);
    outage.estimated_resolution = update.estimated_resolution.or(outage.estimated_resolution);
    outage.resolved_at = (outage.status == OutageStatus::Resolved).then_some(now);
    outage.updates.0.push(Update { timestamp: now, message: update.message, author: update.author });
    outage.updated_at = now;
    Ok(outage)
}

/// A page of the organization's outages, newest first. `page` counts from 1.
pub async fn list(
    kernel: &Kernel,
    organization: OrganizationId,
    filter: Filter,
    page: u64,
    limit: u64,
) -> Result<Page<outage::Model>> {
    use outage::Column::{Kind, Status};
    let all = outage::Entity::of(organization)
        .apply_if(filter.status, |query, status| query.filter(Status.eq(status)))
        .apply_if(filter.kind, |query, kind| query.filter(Kind.eq(kind)));
    Page::of(kernel.db.reader(), all, page, limit).await
}

/// One outage of the organization.
pub async fn get(kernel: &Kernel, organization: OrganizationId, id: OutageId) -> Result<outage::Model> {
    let found = outage::Entity::one_of(organization, id).one(kernel.db.reader()).await?;
    found.ok_or(Error::NotFound("Outage"))
}
