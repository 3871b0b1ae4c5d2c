//! How the network is, all in all.

use crate::{
    Kernel,
    domain::coverage::{self, Totals},
    error::Result,
};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    customer::{self, CustomerStatus},
    ids::OrganizationId,
    outage::{self, OutageStatus, Severity},
};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
use std::collections::{BTreeMap, BTreeSet};

/// How long an area is shown after its last outage.
const SHOWN_FOR: TimeDelta = TimeDelta::days(30);

/// How a part of the network is; worse ones sort later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Health {
    /// Nothing is known to be wrong.
    #[default]
    Healthy,
    /// There is an outage, but a light one, or one that is mended and watched.
    Degraded,
    /// There is an outage of high or critical severity.
    Outage,
}

impl Health {
    fn during(outage: &outage::Model) -> Self {
        match (outage.status, outage.severity) {
            (OutageStatus::Resolved, _) => Self::Healthy,
            (OutageStatus::Investigating | OutageStatus::Identified, Severity::High | Severity::Critical) => {
                Self::Outage
            }
            _ => Self::Degraded,
        }
    }
}

/// An area, and how the network is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// As its outages call it.
    pub name: String,
    /// The worst of its outages.
    pub health: Health,
    /// Outages that are not over.
    pub active_outages: u64,
    /// Customers in the ZIP codes of those, each counted once.
    pub customers_affected: u64,
}

/// How the network is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The worst of the regions.
    pub overall: Health,
    /// Areas with an outage now or in the last 30 days, by name.
    pub regions: Vec<Region>,
    /// The organization's active customers.
    pub active_customers: u64,
    /// What the network consists of.
    pub equipment: Totals,
    /// When it was looked at.
    pub at: DateTime<Utc>,
}

/// How the organization's part of the network is, in four statements.
pub async fn status(kernel: &Kernel, organization: OrganizationId) -> Result<Status> {
    let (db, at) = (kernel.db.reader(), kernel.clock.now());
    let outages = outage::Entity::since(organization, at - SHOWN_FOR).all(db).await?;
    let active =
        customer::Entity::of(organization).filter(customer::Column::Status.eq(CustomerStatus::Active));
    let regions = regions(&outages);
    let overall = regions.iter().map(|region| region.health).max().unwrap_or_default();
    let active_customers = active.count(db).await?;
    let equipment = coverage::totals(db, organization).await?;
    Ok(Status { overall, regions, active_customers, equipment, at })
}

/// The areas that the outages name.
fn regions(outages: &[outage::Model]) -> Vec<Region> {
    let mut by_area: BTreeMap<&str, Vec<&outage::Model>> = BTreeMap::new();
    for outage in outages {
        for area in outage.affected_areas.0.iter().collect::<BTreeSet<_>>() {
            by_area.entry(area).or_default().push(outage);
        }
    }
    by_area.into_iter().map(|(name, outages)| region(name, &outages)).collect()
}

fn region(name: &str, outages: &[&outage::Model]) -> Region {
    let active: Vec<_> = outages.iter().filter(|outage| outage.resolved_at.is_none()).collect();
    // Outages may share ZIP codes; the customers there are the same ones.
    let mut zips: BTreeMap<&str, u64> = BTreeMap::new();
    for (zip, count) in active.iter().flat_map(|outage| &outage.affected_zips.0) {
        let most = zips.entry(zip).or_default();
        *most = (*most).max(*count);
    }
    Region {
        name: name.into(),
        health: active.iter().map(|outage| Health::during(outage)).max().unwrap_or_default(),
        active_outages: active.len() as u64,
        customers_affected: zips.values().sum(),
    }
}
