//! The kept changes of subscriptions, as the rules of charging read them.

use crate::{
    domain::charges::{Change, History},
    error::{Error, Result},
};
use entities::{ids::SubscriptionId, subscription_change};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::BTreeMap;

/// All that was done to a subscription and is planned for it.
pub async fn history(db: &impl ConnectionTrait, subscription: SubscriptionId) -> Result<History> {
    of(subscription_change::Entity::of(subscription).all(db).await?)
}

/// The same of many subscriptions, in one statement; without those to which nothing was done.
pub async fn histories(
    db: &impl ConnectionTrait,
    subscriptions: impl IntoIterator<Item = SubscriptionId>,
) -> Result<BTreeMap<SubscriptionId, History>> {
    let changes = subscription_change::Entity::find()
        .filter(subscription_change::Column::SubscriptionId.is_in(subscriptions))
        .order_by_asc(subscription_change::Column::EffectiveAt)
        .order_by_asc(subscription_change::Column::Id);
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for change in changes.all(db).await? {
        found.entry(change.subscription_id).or_default().push(change);
    }
    found.into_iter().map(|(id, changes)| Ok((id, of(changes)?))).collect()
}

/// Of rows in their order.
pub(super) fn of(kept: Vec<subscription_change::Model>) -> Result<History> {
    let change = |row: subscription_change::Model| {
        Ok(Change { at: row.effective_at, kind: serde_json::from_value(row.kind)? })
    };
    let changes = kept.into_iter().map(change).collect::<Result<Vec<_>>>()?;
    // What is kept was checked when it was made: anything else is our fault.
    History::new(changes).map_err(Error::internal)
}
