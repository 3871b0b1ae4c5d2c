//! Derives a subscription's state at the vendor from its orders.

use entities::{
    ids::SubscriptionId,
    vendor_request::{self, OrderedService, RequestState},
};
use platform::error::Result;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};

/// The last confirmed state, and the possible states since.
#[derive(Debug, Default)]
pub(super) struct OrderHistory {
    /// The service of the last fulfilled order, if any.
    pub done: Option<OrderedService>,
    /// The services of later orders without a result, newest first; `None` for a removal.
    pub unconfirmed: Vec<Option<OrderedService>>,
}

impl OrderHistory {
    pub(super) async fn of(db: &impl ConnectionTrait, subscription: SubscriptionId) -> Result<Self> {
        let orders = since_the_last_done(db, subscription).await?;
        let mut order_history = Self::default();
        for order in orders {
            match order.state {
                RequestState::Succeeded => order_history.done = order.service,
                // The vendor reported a failure.
                RequestState::Failed if order.result_id.is_some() => {}
                RequestState::Failed | RequestState::Open => order_history.unconfirmed.push(order.service),
            }
        }
        Ok(order_history)
    }

    /// Whether this is the only possible state.
    pub(super) fn is_confirmed(&self, wanted: Option<&OrderedService>) -> bool {
        self.unconfirmed.iter().chain([&self.done]).all(|there| there.as_ref() == wanted)
    }

    /// The newest possible state other than this.
    pub(super) fn differing(&self, wanted: &OrderedService) -> Option<&OrderedService> {
        self.possible().find(|there| *there != wanted)
    }

    /// All possible states, newest first.
    pub(super) fn possible(&self) -> impl Iterator<Item = &OrderedService> {
        self.unconfirmed.iter().chain([&self.done]).flatten()
    }
}

/// The subscription's orders, newest first, back to the last fulfilled one.
async fn since_the_last_done(
    db: &impl ConnectionTrait,
    subscription: SubscriptionId,
) -> Result<Vec<vendor_request::Model>> {
    use vendor_request::{Column, Entity};
    let all = || Entity::ordered_for(subscription);
    let done = all().filter(Column::State.eq(RequestState::Succeeded)).one(db).await?;
    let since = match done {
        Some(done) => all().filter(Column::Id.gte(done.id)),
        None => all(),
    };
    Ok(since.all(db).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entities::{
        ids::PlanId,
        plan::standard::{RESIDENTIAL_1G, RESIDENTIAL_500},
    };

    fn of_plan(plan_id: PlanId) -> OrderedService {
        OrderedService {
            username: "sub".into(),
            plan_id,
            plan_code: "PLAN".into(),
            download_mbps: 500,
            upload_mbps: 100,
            ipv4: None,
            ipv6: None,
            ont_id: None,
            suspended: false,
        }
    }

    #[test]
    fn what_was_never_answered_leaves_it_open_what_is_there() {
        let (old, new) = (of_plan(RESIDENTIAL_500), of_plan(RESIDENTIAL_1G));
        let sure = OrderHistory { done: Some(old.clone()), unconfirmed: vec![] };
        assert!(sure.is_confirmed(Some(&old)) && !sure.is_confirmed(Some(&new)) && !sure.is_confirmed(None));
        let unconfirmed =
            OrderHistory { done: Some(old.clone()), unconfirmed: vec![None, Some(new.clone())] };
        assert!(!unconfirmed.is_confirmed(Some(&old)) && !unconfirmed.is_confirmed(None));
        assert_eq!(unconfirmed.possible().collect::<Vec<_>>(), [&new, &old]);
        assert_eq!((unconfirmed.differing(&new), sure.differing(&old)), (Some(&old), None));
        assert!(OrderHistory::default().is_confirmed(None));
        let repeated = OrderHistory { done: Some(old.clone()), unconfirmed: vec![Some(old.clone())] };
        assert!(repeated.is_confirmed(Some(&old)), "whatever the vendor has done");
    }
}
