//! Subscriptions as shown by operations and in events: with their current month.

use super::{Changed, find};
use crate::{
    charges::{self, Month, TimeRange, Zone},
    plans::{PlanCache, Plans},
};
use chrono::{DateTime, Utc};
use entities::{
    customer::Metadata,
    ids::{CustomerId, OrganizationId, PlanId, SubscriptionId},
    subscription::{self, SubscriptionStatus},
};
use kernel::{
    Kernel,
    events::payloads::{SubscribedPlan, Subscription},
    organizations,
};
use platform::{error::Result, paging::Page};
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryTrait};

/// What is needed to show an organization's subscriptions: its plans and its time zone.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The plans.
    pub plans: Plans,
    /// The time zone.
    pub zone: Zone,
}

impl Terms {
    /// Loads the terms of the organization.
    pub async fn of(db: &impl ConnectionTrait, organization: OrganizationId) -> Result<Self> {
        let plans = Plans::of(db, organization).await?;
        Ok(Self { plans, zone: organizations::zone(db, organization).await? })
    }
}

/// A subscription.
#[derive(Debug, Clone, PartialEq)]
pub struct SubscriptionView {
    /// The id.
    pub id: SubscriptionId,
    /// The customer.
    pub customer_id: CustomerId,
    /// The plan.
    pub plan_id: PlanId,
    /// The plan's code.
    pub plan_code: String,
    /// The status.
    pub status: SubscriptionStatus,
    /// The monthly price in dollars, before promotions and tax.
    pub monthly_price: Decimal,
    /// When its installation is requested or, if already installed, when it is activated; `None`: on request.
    pub starts_at: Option<DateTime<Utc>>,
    /// When it was activated.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Its current month, in the organization's time zone.
    pub period: TimeRange,
    /// When it is resumed automatically, while suspended.
    pub resume_at: Option<DateTime<Utc>>,
    /// Why it was last suspended or resumed.
    pub reason: Option<String>,
    /// The caller's metadata.
    pub metadata: Option<Metadata>,
    /// When it was ordered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl SubscriptionView {
    /// The subscription at a time.
    pub fn new(row: &subscription::Model, terms: &Terms, now: DateTime<Utc>) -> Result<Self> {
        Ok(Self {
            id: row.id,
            customer_id: row.customer_id,
            plan_id: row.plan_id,
            plan_code: terms.plans.code(row.plan_id)?.to_owned(),
            status: row.status,
            monthly_price: charges::from_cents(row.monthly_cents),
            starts_at: row.starts_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            period: period(row, &terms.zone, now),
            resume_at: row.resume_at,
            reason: row.reason.clone(),
            metadata: row.metadata.clone(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }

    /// The payload of events.
    pub fn payload(&self) -> Subscription {
        Subscription {
            version: Subscription::VERSION,
            id: self.id,
            customer_id: self.customer_id,
            plan: SubscribedPlan { id: self.plan_id, code: self.plan_code.clone() },
            status: self.status,
            monthly_price: charges::to_number(self.monthly_price),
            starts_at: self.starts_at,
            started_at: self.started_at,
            ended_at: self.ended_at,
            period_start: self.period.from,
            period_end: self.period.to,
            resume_at: self.resume_at,
            reason: self.reason.clone(),
            metadata: self.metadata.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// The payload of events about a subscription.
pub fn payload(row: &subscription::Model, terms: &Terms, now: DateTime<Utc>) -> Result<Subscription> {
    Ok(SubscriptionView::new(row, terms, now)?.payload())
}

/// The current month; that of its end for a cancelled subscription, that of its start for one that starts later.
fn period(row: &subscription::Model, zone: &Zone, now: DateTime<Utc>) -> TimeRange {
    let at = match row {
        subscription::Model { ended_at: Some(at), .. } => (*at).min(now),
        subscription::Model { started_at: None, starts_at: Some(at), .. } => *at,
        _ => now,
    };
    Month::of(at, zone).span(zone)
}

/// Filters of a list, combined with and.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only subscriptions of this customer. An unknown customer has none.
    pub customer: Option<CustomerId>,
    /// Only subscriptions of plans with a code for which this is true.
    pub plan_code: Option<fn(&str) -> bool>,
}

/// A page of the organization's subscriptions, oldest first. With `plans` cached it costs two statements.
pub async fn list(
    kernel: &Kernel,
    plans: &PlanCache,
    organization: OrganizationId,
    filter: Filter,
    (page, limit): (u64, u64),
) -> Result<Page<SubscriptionView>> {
    let db = kernel.db.reader();
    let mut known = plans.get(db, organization).await?;
    let mut rows = filter.rows(kernel, organization, &known, (page, limit)).await?;
    let ids = rows.items.iter().map(|row| row.plan_id);
    // Plans that were added since may be among those to leave out.
    if let Some(reloaded) = plans.reload_for(db, organization, &known, ids).await? {
        known = reloaded;
        rows = filter.rows(kernel, organization, &known, (page, limit)).await?;
    }
    let zone = kernel.zones.of(db, organization).await?;
    let (terms, now) = (Terms { plans: known, zone }, kernel.clock.now());
    let shown = rows.items.iter().map(|row| SubscriptionView::new(row, &terms, now));
    Ok(Page { items: shown.collect::<Result<_>>()?, total: rows.total })
}

impl Filter {
    async fn rows(
        &self,
        kernel: &Kernel,
        organization: OrganizationId,
        plans: &Plans,
        (page, limit): (u64, u64),
    ) -> Result<Page<subscription::Model>> {
        use subscription::{Column, Entity};
        let db = kernel.db.reader();
        let others = self.plan_code.map(|fits| plans.ids_where(|code| !fits(code))).unwrap_or_default();
        if self.customer.is_none() && others.is_empty() {
            return kernel.positions.page::<Entity>(db, organization, page, limit).await;
        }
        let all = Entity::of(organization)
            .apply_if(self.customer, |query, id| query.filter(Column::CustomerId.eq(id)))
            .filter(Column::PlanId.is_not_in(others));
        Page::of(db, all, page, limit).await
    }
}

/// One subscription of the organization.
pub async fn get(
    kernel: &Kernel,
    organization: OrganizationId,
    id: SubscriptionId,
) -> Result<SubscriptionView> {
    let row = find(kernel.db.reader(), organization, id).await?;
    SubscriptionView::new(&row, &Terms::of(kernel.db.reader(), organization).await?, kernel.clock.now())
}

impl Changed {
    /// The result of a change that is not a change of the plan.
    pub(super) fn of(before: subscription::Model, after: subscription::Model, at: DateTime<Utc>) -> Self {
        Self { plan_id: after.plan_id, before, after, at, prorated: None }
    }
}
