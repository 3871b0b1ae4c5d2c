//! The kept changes of subscriptions, as the rules of charging read them.

use crate::charges::{Change, History};
use chrono::{DateTime, Utc};
use entities::{ids::SubscriptionId, subscription_change};
use platform::error::{Error, Field, Result};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::BTreeMap;

/// Whether changes of the plan count that have not taken effect yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planned {
    /// They do, from their dates on: for what is expected.
    Count,
    /// Only where nothing is to be provisioned for them: for what is billed.
    Wait,
}

/// What is charged of a subscription: all that was done to it and is planned for it.
pub async fn history(db: &impl ConnectionTrait, subscription: SubscriptionId) -> Result<History> {
    billed(subscription_change::Entity::of(subscription).all(db).await?, Planned::Count)
}

/// The same of many subscriptions, in one statement; without those to which nothing was done.
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

/// What was ordered, of rows in their order, whatever the network made of it.
pub(super) fn of(kept: Vec<subscription_change::Model>) -> Result<History> {
    read(kept.into_iter().map(|row| (row.effective_at, row)))
}

/// What is billed: another plan from `billed_at` on, and not before.
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

/// What is expected to be billed: what is planned takes effect, and the network is given at once the plan that was
/// ordered last. Plans that were ordered before that, and that it was never given, are not billed.
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

/// The same with another change of the plan, which takes the place of one that is planned, and, where it takes effect
/// at once, of those that the network was not given yet. `Invalid` where it is not legal.
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
    // What is kept was checked when it was made: anything else is our fault.
    History::new(changes).map_err(Error::internal)
}
