//! The usual case of many requests at once, in as many statements as one takes: a new installation that nothing is in
//! the way of. Whatever else a request may be is left out, and goes its own way ([`super::begin`],
//! [`super::complete`]): the two leave the same rows and the same events behind.
//!
//! A round waits for nobody: rows that another transaction holds are passed over, and their requests left out. So it
//! is in no circle of those who wait for each other, whatever the order in which others lock the same rows.

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

/// What the organizations of a round have: looked up once.
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
