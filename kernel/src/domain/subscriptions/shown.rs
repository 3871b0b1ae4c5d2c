//! Subscriptions as operations and events show them: with the month that they are in.

use super::{Changed, find};
use crate::{
    Kernel,
    domain::{
        charges::{self, Month, Span, Zone},
        paging::Page,
    },
    error::Result,
};
use chrono::{DateTime, Utc};
use entities::{
    customer::Metadata,
    ids::{CustomerId, OrganizationId, SubscriptionId},
    plan::Tier,
    subscription::{self, SubscriptionStatus},
};
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Serialize;

/// A subscription, in the words of the contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubscriptionView {
    /// Which one.
    pub id: SubscriptionId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// Which plan.
    pub service_tier: Tier,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// Dollars for a month, before promotions and tax.
    #[serde(serialize_with = "charges::as_number")]
    pub monthly_price: Decimal,
    /// When it began, else when it is to begin, else when it was ordered.
    pub start_date: DateTime<Utc>,
    /// When it ended.
    pub end_date: Option<DateTime<Utc>>,
    /// The first instant of the month that it is in, by the clocks of the organization.
    pub current_period_start: DateTime<Utc>,
    /// That of the next month.
    pub current_period_end: DateTime<Utc>,
    /// When it is to be resumed, while it is suspended.
    pub scheduled_resume_date: Option<DateTime<Utc>>,
    /// Why it was last suspended or resumed.
    pub reason: Option<String>,
    /// The partner's own notes.
    pub metadata: Option<Metadata>,
    /// When it was ordered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl SubscriptionView {
    /// At a time, by the clocks of the organization.
    pub fn new(row: &subscription::Model, zone: &Zone, now: DateTime<Utc>) -> Self {
        let Span { from, to } = period(row, zone, now);
        Self {
            id: row.id,
            customer_id: row.customer_id,
            service_tier: row.tier,
            status: row.status,
            monthly_price: charges::from_cents(row.monthly_cents),
            start_date: row.started_at.or(row.starts_at).unwrap_or(row.created_at),
            end_date: row.ended_at,
            current_period_start: from,
            current_period_end: to,
            scheduled_resume_date: row.resume_at,
            reason: row.reason.clone(),
            metadata: row.metadata.clone(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
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

/// A page of the organization's subscriptions, oldest first: of all customers, or of one, of whom there are none
/// who is not of the organization. `page` counts from 1.
pub async fn list(
    kernel: &Kernel,
    organization: OrganizationId,
    customer: Option<CustomerId>,
    page: u64,
    limit: u64,
) -> Result<Page<SubscriptionView>> {
    let db = kernel.db.reader();
    let Page { items, total } = match customer {
        None => kernel.positions.page::<subscription::Entity>(db, organization, page, limit).await?,
        Some(customer) => {
            let all = subscription::Entity::of(organization);
            Page::of(db, all.filter(subscription::Column::CustomerId.eq(customer)), page, limit).await?
        }
    };
    let (zone, now) = (kernel.zones.of(db, organization).await?, kernel.clock.now());
    Ok(Page { items: items.iter().map(|row| SubscriptionView::new(row, &zone, now)).collect(), total })
}

/// One subscription of the organization.
pub async fn get(
    kernel: &Kernel,
    organization: OrganizationId,
    id: SubscriptionId,
) -> Result<SubscriptionView> {
    let db = kernel.db.reader();
    let row = find(db, organization, id).await?;
    Ok(SubscriptionView::new(&row, &kernel.zones.of(db, organization).await?, kernel.clock.now()))
}

impl Changed {
    /// Of a change that is none of the plan.
    pub(super) fn of(before: subscription::Model, after: subscription::Model, at: DateTime<Utc>) -> Self {
        Self { tier: after.tier, before, after, at, prorated: None }
    }
}
