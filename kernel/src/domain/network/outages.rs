//! Outages: opened, updated and resolved by the operator, read by partners.

use super::{
    affected,
    rules::{Faults, is_zip, services},
};
use crate::{
    Kernel, UnitOfWork,
    domain::paging::Page,
    error::{Error, Field, Result},
    events,
};
use chrono::{DateTime, Utc};
use entities::{
    api_key::Texts,
    ids::{OrganizationId, OutageId},
    outage::{self, OutageStatus, OutageType, Severity, Update, Updates},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, IntoActiveModel, QueryFilter, QuerySelect, QueryTrait};
use serde::Serialize;

/// An outage to be told of.
#[derive(Debug, Clone)]
pub struct NewOutage {
    /// What it came from.
    pub kind: OutageType,
    /// How bad it is.
    pub severity: Severity,
    /// In a few words.
    pub title: String,
    /// In some more.
    pub description: String,
    /// Places, as people call them; at least one.
    pub areas: Vec<String>,
    /// Services that do not work there; none: internet.
    pub services: Vec<String>,
    /// ZIP codes of five digits, by which customers are counted; at least one.
    pub zips: Vec<String>,
    /// When it began, not after now; none: now.
    pub started_at: Option<DateTime<Utc>>,
    /// When it should be over.
    pub estimated_resolution: Option<DateTime<Utc>>,
}

/// What is new about an outage; what is `None` stays.
#[derive(Debug, Clone)]
pub struct News {
    /// What is told.
    pub message: String,
    /// By whom.
    pub author: String,
    /// How far the work is.
    pub status: Option<OutageStatus>,
    /// How bad it is now.
    pub severity: Option<Severity>,
    /// When it should be over.
    pub estimated_resolution: Option<DateTime<Utc>>,
}

/// Which outages are listed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only those that the work has come so far with.
    pub status: Option<OutageStatus>,
    /// Only those that came from this.
    pub kind: Option<OutageType>,
}

/// What events tell of an outage: what lists show.
#[derive(Serialize)]
struct Shown<'a> {
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

impl<'a> From<&'a outage::Model> for Shown<'a> {
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
        faults.unless(zips, Field::Zip, "must be at least one code of five digits");
        faults.unless(started <= now, Field::Started, "must not be after now");
        faults.unless(
            self.estimated_resolution.is_none_or(|end| end > started),
            Field::Estimate,
            AFTER_BEGINNING,
        );
        faults.end()
    }
}

const AFTER_BEGINNING: &str = "must be after the beginning";

/// Tells of an outage, which is being looked into, and records `outage.detected`. The customers are counted
/// as they are now. `Invalid` names every fault.
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
    let (about, shown) = (("outage", outage.id.0), Shown::from(&outage));
    work.record([events::event(&work.actor, "outage.detected", about, &shown, now)?]);
    Ok(outage)
}

/// Adds a message to an outage, with what has changed, counts its customers again, and records
/// `outage.updated`; with the status `RESOLVED` it is over, and that is `outage.resolved`. `Conflict` when it
/// is over already.
pub async fn update(work: &UnitOfWork, id: OutageId, news: News) -> Result<outage::Model> {
    let transaction = work.transaction().await?;
    let found =
        outage::Entity::one_of(work.actor.organization, id).lock_exclusive().one(&transaction).await?;
    let before = found.ok_or(Error::NotFound("Outage"))?;
    let mut after = told(before.clone(), news, work.now())?;
    let zips = before.affected_zips.0.keys().map(String::as_str);
    after.affected_zips = affected::count(&transaction, before.organization_id, zips).await?;
    after.clone().into_active_model().reset_all().update(&transaction).await?;
    let kind = if after.resolved_at.is_some() { "outage.resolved" } else { "outage.updated" };
    let (about, shown) = (("outage", id.0), (&Shown::from(&before), &Shown::from(&after)));
    work.record([events::change(&work.actor, kind, about, shown, after.updated_at)?]);
    Ok(after)
}

/// The outage with the news.
fn told(mut outage: outage::Model, news: News, now: DateTime<Utc>) -> Result<outage::Model> {
    if outage.resolved_at.is_some() {
        return Err(Error::Conflict {
            message: "The outage is resolved already".into(),
            field: Some(Field::Status),
        });
    }
    let mut faults = Faults::default();
    faults.said(Field::Message, &news.message);
    faults.said(Field::Author, &news.author);
    let later = news.estimated_resolution.is_none_or(|end| end > outage.started_at);
    faults.unless(later, Field::Estimate, AFTER_BEGINNING);
    faults.end()?;
    outage.status = news.status.unwrap_or(outage.status);
    outage.severity = news.severity.unwrap_or(outage.severity);
    outage.estimated_resolution = news.estimated_resolution.or(outage.estimated_resolution);
    outage.resolved_at = (outage.status == OutageStatus::Resolved).then_some(now);
    outage.updates.0.push(Update { timestamp: now, message: news.message, author: news.author });
    outage.updated_at = now;
    Ok(outage)
}

/// A page of the organization's outages, those recorded last first. `page` counts from 1.
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
