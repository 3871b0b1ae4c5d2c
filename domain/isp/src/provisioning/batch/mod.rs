//! Processes many requests in as many statements as one: a fast path for new installations without obstacles. Other
//! requests are left to [`super::begin`] and [`super::complete`]; both paths write the same rows and events.
//!
//! A batch skips locked rows and their requests, so it cannot take part in a deadlock.

mod begin;
mod complete;

pub use begin::{Attempt, begin_each};
pub use complete::{Ending, complete_each};

use crate::subscriptions::Terms;
use entities::{
    ids::{OrganizationId, PlanId},
    plan,
};
use platform::error::Result;
use sea_orm::ConnectionTrait;
use std::collections::{BTreeSet, HashMap};

/// The terms of a batch's organizations, loaded once.
struct Organizations(HashMap<OrganizationId, Terms>);

impl Organizations {
    async fn of(db: &impl ConnectionTrait, all: impl Iterator<Item = OrganizationId>) -> Result<Self> {
        let mut found = HashMap::new();
        for id in all.collect::<BTreeSet<_>>() {
            found.insert(id, Terms::of(db, id).await?);
        }
        Ok(Self(found))
    }

    fn plan(&self, id: OrganizationId, plan: PlanId) -> Option<&plan::Model> {
        self.terms(id)?.plans.current(plan).ok()
    }

    fn terms(&self, id: OrganizationId) -> Option<&Terms> {
        self.0.get(&id)
    }
}
