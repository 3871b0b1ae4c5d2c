//! What the orders of a subscription say of what is at the vendor's.

use entities::{
    ids::SubscriptionId,
    vendor_request::{self, OrderedService, RequestState},
};
use platform::error::Result;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};

/// What was done last, and what may have been done since.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// What the last order that was fulfilled left there; none: nothing.
    pub done: Option<OrderedService>,
    /// What later orders were for that have never been answered, the newest first; none: nothing.
    pub unsure: Vec<Option<OrderedService>>,
}

impl Past {
    pub(super) async fn of(db: &impl ConnectionTrait, subscription: SubscriptionId) -> Result<Self> {
        let orders = since_the_last_done(db, subscription).await?;
        let mut past = Self::default();
        for order in orders {
            match order.state {
                RequestState::Succeeded => past.done = order.service,
                // The vendor says that it was not done.
                RequestState::Failed if order.result_id.is_some() => {}
                RequestState::Failed | RequestState::Open => past.unsure.push(order.service),
            }
        }
        Ok(past)
    }

    /// Whether it is sure that this is what is there.
    pub(super) fn is_surely(&self, wanted: Option<&OrderedService>) -> bool {
        self.unsure.is_empty() && self.done.as_ref() == wanted
    }

    /// The newest of what may be there that is something else.
    pub(super) fn differing(&self, wanted: &OrderedService) -> Option<&OrderedService> {
        self.possible().find(|there| *there != wanted)
    }

    /// All that may be there, the newest first.
    pub(super) fn possible(&self) -> impl Iterator<Item = &OrderedService> {
        self.unsure.iter().chain([&self.done]).flatten()
    }
}

/// The subscription's orders, the newest first, to the last one that was fulfilled: what was before it is over.
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
        let sure = Past { done: Some(old.clone()), unsure: vec![] };
        assert!(sure.is_surely(Some(&old)) && !sure.is_surely(Some(&new)) && !sure.is_surely(None));
        let unsure = Past { done: Some(old.clone()), unsure: vec![None, Some(new.clone())] };
        assert!(!unsure.is_surely(Some(&old)) && !unsure.is_surely(None));
        assert_eq!(unsure.possible().collect::<Vec<_>>(), [&new, &old]);
        assert_eq!((unsure.differing(&new), sure.differing(&old)), (Some(&old), None));
        assert!(Past::default().is_surely(None));
    }
}
