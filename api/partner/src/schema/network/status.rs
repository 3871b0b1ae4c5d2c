//! How the network is, on the wire.

use crate::schema::envelope::envelope;
use edge::types::Time;
use isp::{network as domain, network::Health as State};
use poem_openapi::{Enum, Object};

/// Health of the network or of a region.
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

/// Network health of an area.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct NetworkRegion {
    /// Name of the area.
    pub name: String,
    /// Status of the region: that of its worst outage.
    pub status: NetworkHealth,
    /// Unresolved outages.
    pub active_outages: u64,
    /// Active customers in the ZIP codes of these outages.
    pub customers_affected: u64,
}

/// Network metrics.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct NetworkMetrics {
    /// Optical line terminals in service.
    #[oai(rename = "totalOLTs")]
    pub olts: u64,
    /// Optical network terminals, assigned or not.
    #[oai(rename = "totalONTs")]
    pub onts: u64,
    /// Active customers.
    pub active_customers: u64,
    /// Average latency in ms. Not measured at present: always 0.
    pub average_latency: f64,
}

/// Network status.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct NetworkStatus {
    /// Overall status: that of the worst region.
    pub overall: NetworkHealth,
    /// Areas with an outage now or in the last 30 days, sorted by name.
    pub regions: Vec<NetworkRegion>,
    /// Metrics.
    pub metrics: NetworkMetrics,
    /// Time of this status.
    pub last_updated: Time,
}

envelope!(
    /// Network status.
    NetworkStatusResponse,
    /// Network status.
    NetworkStatus
);

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
