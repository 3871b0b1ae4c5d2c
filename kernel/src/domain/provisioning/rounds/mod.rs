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

use crate::{
    domain::{charges::Zone, organizations, plans},
    error::Result,
};
use entities::{
    ids::OrganizationId,
    plan::{self, Tier},
};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeSet, HashMap};

/// What the organizations of a round have: looked up once.
struct Organizations(HashMap<OrganizationId, Organization>);

struct Organization {
    plans: Vec<plan::Model>,
    zone: Zone,
}

impl Organizations {
    async fn of(db: &impl ConnectionTrait, all: impl Iterator<Item = OrganizationId>) -> Result<Self> {
        let mut found = HashMap::new();
        for id in all.collect::<BTreeSet<_>>() {
            let plans = plans::offered(db, id).await?;
            found.insert(id, Organization { plans, zone: organizations::zone(db, id).await? });
        }
        Ok(Self(found))
    }

    fn plan(&self, id: OrganizationId, tier: Tier) -> Option<&plan::Model> {
        self.0.get(&id)?.plans.iter().find(|plan| plan.tier == tier)
    }

    fn zone(&self, id: OrganizationId) -> Option<&Zone> {
        self.0.get(&id).map(|organization| &organization.zone)
    }
}
