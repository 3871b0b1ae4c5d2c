//! The stored changes of subscriptions, as histories for rating.

use crate::charges::{Change, History};
use chrono::{DateTime, Utc};
use entities::{ids::SubscriptionId, subscription_change};
use platform::error::{Error, Field, Result};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::BTreeMap;

/// Whether planned changes of the plan are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planned {
    /// Yes, from their dates: for expected charges.
    Count,
    /// Only if they need no provisioning: for billed charges.
    Wait,
}

/// The history of a subscription, including planned changes.
pub async fn history(db: &impl ConnectionTrait, subscription: SubscriptionId) -> Result<History> {
    billed(subscription_change::Entity::of(subscription).all(db).await?, Planned::Count)
}

/// The histories of many subscriptions, in one statement; without those that have no changes.
pub async fn histories(
    db: &impl ConnectionTrait,
    subscriptions: impl IntoIterator<Item = SubscriptionId>,
    planned: Planned,
) -> Result<BTreeMap<SubscriptionId, History>> {
    let changes = subscription_change::Entity::find()
        .filter(subscription_change::Column::SubscriptionId.is_in(subscriptions))
        .order_by_asc(subscription_change::Column::EffectiveAt)
        .order_by_asc(subscription_change::Column::Id);
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for change in changes.all(db).await? {
        found.entry(change.subscription_id).or_default().push(change);
    }
    found.into_iter().map(|(id, changes)| Ok((id, billed(changes, planned)?))).collect()
}

/// The history as ordered, whether provisioned or not. The rows are sorted.
pub(super) fn of(kept: Vec<subscription_change::Model>) -> Result<History> {
    read(kept.into_iter().map(|row| (row.effective_at, row)))
}

/// The billed history: another plan counts from `billed_at`.
pub(super) fn billed(kept: Vec<subscription_change::Model>, planned: Planned) -> Result<History> {
    let from = |row: &subscription_change::Model| match row {
        row if row.plan_id.is_none() => Some(row.effective_at),
        row if row.applied_at.is_none() && planned == Planned::Count => Some(row.effective_at),
        row => row.billed_at,
    };
    let mut rows: Vec<_> = kept.into_iter().filter_map(|row| Some((from(&row)?, row))).collect();
    rows.sort_by_key(|(from, row)| (*from, row.id.0));
    read(rows.into_iter())
}

/// The expected history: planned changes are applied, and the last ordered plan is provisioned immediately. Plans ordered
/// before it that were never provisioned are not billed.
pub(super) fn expected(kept: Vec<subscription_change::Model>) -> Result<History> {
    let is_ordered = |row: &subscription_change::Model| row.plan_id.is_some() && row.applied_at.is_some();
    let last = kept.iter().rfind(|row| is_ordered(row)).map(|row| row.id);
    let at_once = |row: subscription_change::Model| match row {
        row if Some(row.id) == last && row.failed_at.is_none() => {
            subscription_change::Model { billed_at: row.billed_at.or(Some(row.effective_at)), ..row }
        }
        row => row,
    };
    billed(kept.into_iter().map(at_once).collect(), Planned::Count)
}

/// The expected history with another change of the plan, which replaces a planned one and, if applied immediately, those
/// not provisioned yet. `Invalid` if the history does not allow it.
pub(super) fn expected_with(
    kept: &[subscription_change::Model],
    change: Change,
    at_once: bool,
) -> Result<History> {
    let is_replaced = |row: &&subscription_change::Model| {
        row.plan_id.is_some() && (row.applied_at.is_none() || at_once && row.billed_at.is_none())
    };
    let kept = kept.iter().filter(|row| !is_replaced(row)).cloned().collect();
    expected(kept)?.with(change).map_err(|refused| refused.of(Field::Status))
}

fn read(rows: impl Iterator<Item = (DateTime<Utc>, subscription_change::Model)>) -> Result<History> {
    let change = |(at, row): (_, subscription_change::Model)| {
        Ok(Change { at, kind: serde_json::from_value(row.kind)? })
    };
    let changes = rows.map(change).collect::<Result<Vec<_>>>()?;
    // Changes were validated when they were stored.
    History::new(changes).map_err(Error::internal)
}
