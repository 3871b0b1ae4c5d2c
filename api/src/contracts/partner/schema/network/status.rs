//! How the network is, on the wire.

use crate::types::{Success, Time};
use kernel::domain::network::{self as domain, Health as State};
use poem_openapi::{Enum, Object};

/// How a part of the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase", remote = "State")]
pub enum NetworkHealth {
    /// Nothing is known to be wrong.
    Healthy,
    /// There is an outage, but a light one, or one that is mended and watched.
    Degraded,
    /// There is an outage of high or critical severity.
    Outage,
}

/// An area, and how the network is there.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct NetworkRegion {
    /// As its outages call it.
    pub name: String,
    /// The worst of its outages.
    pub status: NetworkHealth,
    /// Outages that are not over.
    pub active_outages: u64,
    /// Active customers in the ZIP codes of those.
    pub customers_affected: u64,
}

/// What the network consists of.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct NetworkMetrics {
    /// Optical line terminals in service.
    #[oai(rename = "totalOLTs")]
    pub olts: u64,
    /// Optical network terminals, with customers or not.
    #[oai(rename = "totalONTs")]
    pub onts: u64,
    /// Customers that are active.
    pub active_customers: u64,
    /// In milliseconds; 0 as long as nothing measures it.
    pub average_latency: f64,
}

/// How the network is.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct NetworkStatus {
    /// The worst of the regions.
    pub overall: NetworkHealth,
    /// Areas with an outage now or in the last 30 days, by name.
    pub regions: Vec<NetworkRegion>,
    /// What it consists of.
    pub metrics: NetworkMetrics,
    /// When it was looked at.
    pub last_updated: Time,
}

/// How the network is, in its envelope.
#[derive(Debug, Object)]
pub struct NetworkStatusResponse {
    /// Always true.
    pub success: Success<true>,
    /// How the network is.
    pub data: NetworkStatus,
}

impl From<domain::Region> for NetworkRegion {
    fn from(region: domain::Region) -> Self {
        Self {
            name: region.name,
            status: region.health.into(),
            active_outages: region.active_outages,
            customers_affected: region.customers_affected,
        }
    }
}

impl From<domain::Status> for NetworkStatus {
    fn from(status: domain::Status) -> Self {
        let metrics = NetworkMetrics {
            olts: status.equipment.olts,
            onts: status.equipment.onts,
            active_customers: status.active_customers,
            average_latency: 0.0,
        };
        Self {
            overall: status.overall.into(),
            regions: status.regions.into_iter().map(Into::into).collect(),
            metrics,
            last_updated: Time(status.at),
        }
    }
}
