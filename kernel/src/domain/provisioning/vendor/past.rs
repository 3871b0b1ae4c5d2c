//! What the orders of a subscription say of what is at the vendor's.

use super::Answers;
use crate::error::Result;
use entities::{
    RawJson,
    ids::{SubscriptionId, VendorRequestId},
    vendor_detail,
    vendor_request::{self, RequestState, RequestType},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::HashMap;

/// What was done last, and what may have been done since.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// What the last order that was fulfilled left there; none: nothing.
    pub done: Option<Answers>,
    /// What later orders were for that have never been answered, the newest first; none: nothing.
    pub unsure: Vec<Option<Answers>>,
}

impl Past {
    pub(super) async fn of(db: &impl ConnectionTrait, subscription: SubscriptionId) -> Result<Self> {
        let orders = since_the_last_done(db, subscription).await?;
        let details = first_details(db, &orders).await?;
        let mut past = Self::default();
        for order in orders {
            let answers = answers(&order, &details)?;
            match order.state {
                RequestState::Succeeded => past.done = answers,
                // The vendor says that it was not done.
                RequestState::Failed if order.result_id.is_some() => {}
                RequestState::Failed | RequestState::Open => past.unsure.push(answers),
            }
        }
        Ok(past)
    }

    /// Whether it is sure that this is what is there.
    pub(super) fn is_surely(&self, wanted: Option<&Answers>) -> bool {
        self.unsure.is_empty() && self.done.as_ref() == wanted
    }

    /// The newest of what may be there that is something else.
    pub(super) fn differing(&self, wanted: &Answers) -> Option<&Answers> {
        self.possible().find(|there| *there != wanted)
    }

    /// All that may be there, the newest first.
    pub(super) fn possible(&self) -> impl Iterator<Item = &Answers> {
        self.unsure.iter().chain([&self.done]).flatten()
    }
}

/// What an order is for; none: for nothing to be there.
pub(super) async fn ordered(
    db: &impl ConnectionTrait,
    order: &vendor_request::Model,
) -> Result<Option<Answers>> {
    let details = first_details(db, std::slice::from_ref(order)).await?;
    answers(order, &details)
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

type Details = HashMap<VendorRequestId, RawJson>;

/// As they were ordered: what the vendor corrects later is the vendor's.
async fn first_details(db: &impl ConnectionTrait, orders: &[vendor_request::Model]) -> Result<Details> {
    use vendor_detail::{Column, Entity};
    let first = Entity::find()
        .filter(Column::RequestId.is_in(orders.iter().map(|order| order.id)))
        .filter(Column::Number.eq(1));
    Ok(first.all(db).await?.into_iter().map(|detail| (detail.request_id, detail.details)).collect())
}

fn answers(order: &vendor_request::Model, details: &Details) -> Result<Option<Answers>> {
    match details.get(&order.id) {
        Some(details) if order.kind != RequestType::Deprovision => Ok(Some(Answers::read(details)?)),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use entities::plan::Tier;

    fn answers(tier: Tier) -> Answers {
        Answers {
            username: "sub".into(),
            tier,
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
        let (old, new) = (answers(Tier::Residential500), answers(Tier::Residential1G));
        let sure = Past { done: Some(old.clone()), unsure: vec![] };
        assert!(sure.is_surely(Some(&old)) && !sure.is_surely(Some(&new)) && !sure.is_surely(None));
        let unsure = Past { done: Some(old.clone()), unsure: vec![None, Some(new.clone())] };
        assert!(!unsure.is_surely(Some(&old)) && !unsure.is_surely(None));
        assert_eq!(unsure.possible().collect::<Vec<_>>(), [&new, &old]);
        assert_eq!((unsure.differing(&new), sure.differing(&old)), (Some(&old), None));
        assert!(Past::default().is_surely(None));
    }
}
