//! Subscriptions as operations show them and events tell them: with the month that they are in.

use super::{Changed, find};
use crate::{
    charges::{self, Month, Span, Zone},
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

/// What an organization's subscriptions are read by: its plans, and the time zone of its months.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The plans.
    pub plans: Plans,
    /// The time zone.
    pub zone: Zone,
}

impl Terms {
    /// Those of the organization.
    pub async fn of(db: &impl ConnectionTrait, organization: OrganizationId) -> Result<Self> {
        let plans = Plans::of(db, organization).await?;
        Ok(Self { plans, zone: organizations::zone(db, organization).await? })
    }
}

/// A subscription.
#[derive(Debug, Clone, PartialEq)]
pub struct SubscriptionView {
    /// Which one.
    pub id: SubscriptionId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// Which plan.
    pub plan_id: PlanId,
    /// What people and files call the plan.
    pub plan_code: String,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// Dollars for a month, before promotions and tax.
    pub monthly_price: Decimal,
    /// When its installation is requested, or, installed already, when it begins; none: when somebody asks.
    pub starts_at: Option<DateTime<Utc>>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The month that it is in, by the clocks of the organization.
    pub period: Span,
    /// When it is to be resumed, while it is suspended.
    pub resume_at: Option<DateTime<Utc>>,
    /// Why it was last suspended or resumed.
    pub reason: Option<String>,
    /// The owner's own notes.
    pub metadata: Option<Metadata>,
    /// When it was ordered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl SubscriptionView {
    /// At a time.
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

    /// The payload of its events.
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

/// What events tell of a subscription.
pub fn payload(row: &subscription::Model, terms: &Terms, now: DateTime<Utc>) -> Result<Subscription> {
    Ok(SubscriptionView::new(row, terms, now)?.payload())
}

/// The month that is charged next: that of now, of the end of a subscription that is over, and of the beginning of
/// one that is to begin.
fn period(row: &subscription::Model, zone: &Zone, now: DateTime<Utc>) -> Span {
    let at = match row {
        subscription::Model { ended_at: Some(at), .. } => (*at).min(now),
        subscription::Model { started_at: None, starts_at: Some(at), .. } => *at,
        _ => now,
    };
    Month::of(at, zone).span(zone)
}

/// The subscriptions of a list: those that match all conditions.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those of this customer; none if it is not the organization's.
    pub customer: Option<CustomerId>,
    /// Those of plans with a code for which this is true.
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
    /// Of a change that is none of the plan.
    pub(super) fn of(before: subscription::Model, after: subscription::Model, at: DateTime<Utc>) -> Self {
        Self { plan_id: after.plan_id, before, after, at, prorated: None }
    }
}
