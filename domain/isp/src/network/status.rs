//! The status of the network.

use crate::coverage::{self, Totals};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    customer::{self, CustomerStatus},
    ids::OrganizationId,
    outage::{self, OutageStatus, Severity},
};
use kernel::Kernel;
use platform::error::Result;
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
use std::collections::{BTreeMap, BTreeSet};

/// How long a region is listed after its last outage.
const SHOWN_FOR: TimeDelta = TimeDelta::days(30);

/// The health of a region or the network; worse ones sort later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Health {
    /// No known problem.
    #[default]
    Healthy,
    /// A minor outage, or one being monitored after its repair.
    Degraded,
    /// An outage of high or critical severity.
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

/// An area and its health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its name in outages.
    pub name: String,
    /// The worst of its outages.
    pub health: Health,
    /// Unresolved outages.
    pub active_outages: u64,
    /// Customers in their ZIP codes, each counted once.
    pub customers_affected: u64,
}

/// The status of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The worst of the regions.
    pub overall: Health,
    /// Areas with an outage now or in the last 30 days, by name.
    pub regions: Vec<Region>,
    /// The organization's active customers.
    pub active_customers: u64,
    /// Totals of the network.
    pub equipment: Totals,
    /// The time of the status.
    pub at: DateTime<Utc>,
}

/// The status of the organization's network, in four statements.
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

/// The areas of the outages.
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
    // Outages may share ZIP codes, whose customers are counted once.
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
