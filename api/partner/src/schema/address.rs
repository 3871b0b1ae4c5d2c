//! Addresses of customers, and the pools they come from.

use crate::schema::envelope::envelope;
use edge::types::{Nullable, Time};
use entities::{
    ids::CustomerId,
    ip_allocation::{self, AllocationStatus as Stored},
    ip_pool::{Family, PoolStatus},
};
use isp::addresses::{Pool, Snapshot};
use poem_openapi::{Enum, Object};

/// IP version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "IPFamily", remote = "Family")]
pub enum IPFamily {
    /// Version 4.
    #[oai(rename = "IPv4")]
    V4,
    /// Version 6.
    #[oai(rename = "IPv6")]
    V6,
}

/// Status of an IP allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "Stored")]
pub enum AllocationStatus {
    /// Reserved; the provisioning request that it is for is not completed.
    Pending,
    /// Active allocations.
    Active,
    /// Given back.
    Released,
}

/// An IP address or network allocated to a customer.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct IPAllocation {
    /// Allocation ID: `ip_alloc_` and 26 characters.
    pub id: String,
    /// Customer ID.
    pub customer_id: String,
    /// IP version.
    #[oai(rename = "type")]
    pub family: IPFamily,
    /// The address, or the first address of the network.
    pub address: String,
    /// Prefix length.
    #[oai(validator(pattern = "^/[0-9]{1,3}$"))]
    pub subnet: String,
    /// Default gateway.
    pub gateway: Nullable<String>,
    /// Status of the allocation.
    pub status: AllocationStatus,
    /// When it was allocated.
    pub allocated_at: Time,
    /// When it was released.
    pub released_at: Nullable<Time>,
}

impl From<ip_allocation::Model> for IPAllocation {
    fn from(record: ip_allocation::Model) -> Self {
        Self {
            id: record.id.to_string(),
            customer_id: record.customer_id.to_string(),
            family: record.family.into(),
            address: record.address,
            subnet: record.subnet,
            gateway: Nullable(record.gateway),
            status: record.status.into(),
            allocated_at: Time(record.allocated_at),
            released_at: Nullable(record.released_at.map(Time)),
        }
    }
}

/// Number of addresses of a customer.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct IPSummary {
    /// IPv4 allocations, reserved or active.
    #[oai(rename = "totalIPv4")]
    pub total_v4: usize,
    /// IPv6 allocations, reserved or active.
    #[oai(rename = "totalIPv6")]
    pub total_v6: usize,
    /// Active allocations.
    pub active_allocations: usize,
}

/// IP allocations of a customer.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct CustomerIPs {
    /// The customer.
    pub customer_id: String,
    /// Current and past allocations, newest first.
    pub allocations: Vec<IPAllocation>,
    /// Summary.
    pub summary: IPSummary,
}

/// The addresses of a customer, newest first.
pub fn customer_ips(customer: CustomerId, records: Vec<ip_allocation::Model>) -> CustomerIPs {
    let of =
        |family| records.iter().filter(|one| one.family == family && one.status != Stored::Released).count();
    let summary = IPSummary {
        total_v4: of(Family::V4),
        total_v6: of(Family::V6),
        active_allocations: records.iter().filter(|one| one.status == Stored::Active).count(),
    };
    let allocations = records.into_iter().map(Into::into).collect();
    CustomerIPs { customer_id: customer.to_string(), allocations, summary }
}

envelope!(
    /// IP allocations of a customer.
    CustomerIPsResponse,
    /// The allocations.
    CustomerIPs
);

/// Status of an IP pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "PoolStatus")]
pub enum IPPoolStatus {
    /// They are.
    Active,
    /// None was left when one was asked for.
    Exhausted,
    /// Reserved: no allocation.
    Reserved,
}

/// An IP pool and its utilization.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct IPPool {
    /// Pool ID: `pool_` and 26 characters.
    pub id: String,
    /// Name.
    pub name: String,
    /// IP version.
    #[oai(rename = "type")]
    pub family: IPFamily,
    /// Address range in CIDR notation.
    pub cidr: String,
    /// Region.
    pub region: String,
    /// Number of addresses or networks that can be allocated to customers.
    pub total_addresses: i64,
    /// Number of allocated addresses or networks.
    pub allocated_addresses: i64,
    /// Number of available addresses or networks.
    pub available_addresses: i64,
    /// Percentage allocated, to two decimal places.
    pub utilization_percent: f64,
    /// Status of the pool.
    pub status: IPPoolStatus,
}

impl From<Pool> for IPPool {
    fn from(Pool { record, allocated }: Pool) -> Self {
        Self {
            id: record.id.to_string(),
            name: record.name,
            family: record.family.into(),
            cidr: record.network,
            region: record.region,
            total_addresses: record.size,
            allocated_addresses: allocated,
            available_addresses: record.size - allocated,
            utilization_percent: percent(allocated, record.size),
            status: record.status.into(),
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "a pool has at most 2^40 addresses")]
fn percent(part: i64, whole: i64) -> f64 {
    (part as f64 / whole as f64 * 10_000.0).round() / 100.0
}

envelope!(
    /// The pools.
    IPPoolListResponse,
    /// The pools, by name.
    list of IPPool
);

/// Utilization of a pool on one day.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct IPPoolDay {
    /// Day, in UTC.
    pub date: Time,
    /// Percentage allocated, to two decimal places.
    pub utilization_percent: f64,
}

/// Utilization of a pool, with its history.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct IPPoolUtilization {
    /// Pool ID.
    pub pool_id: String,
    /// Number of addresses or networks that can be allocated to customers.
    pub total_addresses: i64,
    /// Number of allocated addresses or networks.
    pub allocated_addresses: i64,
    /// Number of available addresses or networks.
    pub available_addresses: i64,
    /// Percentage allocated, to two decimal places.
    pub utilization_percent: f64,
    /// The last 366 days, oldest first.
    #[oai(skip_serializing_if = "Vec::is_empty", default)]
    pub history: Vec<IPPoolDay>,
}

impl From<(Pool, Vec<Snapshot>)> for IPPoolUtilization {
    fn from((pool, days): (Pool, Vec<Snapshot>)) -> Self {
        let pool = IPPool::from(pool);
        let day = |day: Snapshot| IPPoolDay {
            date: Time(day.day),
            utilization_percent: percent(day.allocated, day.size),
        };
        Self {
            pool_id: pool.id,
            total_addresses: pool.total_addresses,
            allocated_addresses: pool.allocated_addresses,
            available_addresses: pool.available_addresses,
            utilization_percent: pool.utilization_percent,
            history: days.into_iter().map(day).collect(),
        }
    }
}

envelope!(
    /// Utilization of a pool, with its history.
    IPPoolUtilizationResponse,
    /// The utilization.
    IPPoolUtilization
);
