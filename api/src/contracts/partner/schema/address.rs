//! Addresses of customers, and the pools they come from.

use crate::types::{Nullable, Success, Time};
use entities::{
    ids::CustomerId,
    ip_allocation::{self, AllocationStatus as Stored},
    ip_pool::{Family, PoolStatus},
};
use kernel::domain::addresses::{Pool, Snapshot};
use poem_openapi::{Enum, Object};

/// A version of the Internet Protocol.
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

/// Whether an address is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "Stored")]
pub enum AllocationStatus {
    /// Reserved; the provisioning request that it is for is not completed.
    Pending,
    /// In use.
    Active,
    /// Given back.
    Released,
}

/// An address, or a network, of a customer.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct IPAllocation {
    /// `ip_alloc_` and 26 characters.
    pub id: String,
    /// Who has it.
    pub customer_id: String,
    /// Which version of the protocol.
    #[oai(rename = "type")]
    pub family: IPFamily,
    /// The address, or the first of the network.
    pub address: String,
    /// The length of the prefix.
    #[oai(validator(pattern = "^/[0-9]{1,3}$"))]
    pub subnet: String,
    /// The router on the way out.
    pub gateway: Nullable<String>,
    /// Whether it is in use.
    pub status: AllocationStatus,
    /// Since when the customer has it.
    pub allocated_at: Time,
    /// When it was given back.
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

/// How many addresses a customer has.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct IPSummary {
    /// Of version 4, reserved or in use.
    #[oai(rename = "totalIPv4")]
    pub total_v4: usize,
    /// Of version 6, reserved or in use.
    #[oai(rename = "totalIPv6")]
    pub total_v6: usize,
    /// In use.
    pub active_allocations: usize,
}

/// The addresses of a customer.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct CustomerIPs {
    /// The customer.
    pub customer_id: String,
    /// What the customer has and had, newest first.
    pub allocations: Vec<IPAllocation>,
    /// How many.
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

/// The addresses of a customer.
#[derive(Debug, Object)]
pub struct CustomerIPsResponse {
    /// Always true.
    pub success: Success<true>,
    /// The addresses.
    pub data: CustomerIPs,
}

/// Whether addresses of a pool are given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "PoolStatus")]
pub enum IPPoolStatus {
    /// They are.
    Active,
    /// None was left when one was asked for.
    Exhausted,
    /// They are kept back.
    Reserved,
}

/// A pool of addresses, and how full it is.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct IPPool {
    /// `pool_` and 26 characters.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Which version of the protocol.
    #[oai(rename = "type")]
    pub family: IPFamily,
    /// All its addresses.
    pub cidr: String,
    /// Where they are used.
    pub region: String,
    /// How many addresses, or networks, can be given to customers.
    pub total_addresses: i64,
    /// How many of these customers have.
    pub allocated_addresses: i64,
    /// How many are left.
    pub available_addresses: i64,
    /// Allocated ones of a hundred, to two places.
    pub utilization_percent: f64,
    /// Whether any are given out.
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

/// The pools.
#[derive(Debug, Object)]
pub struct IPPoolListResponse {
    /// Always true.
    pub success: Success<true>,
    /// The pools, by name.
    pub data: Vec<IPPool>,
}

/// How full a pool was on one day.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct IPPoolDay {
    /// The day, in UTC.
    pub date: Time,
    /// Allocated ones of a hundred, to two places.
    pub utilization_percent: f64,
}

/// How full a pool is, and was.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct IPPoolUtilization {
    /// The pool.
    pub pool_id: String,
    /// How many addresses, or networks, can be given to customers.
    pub total_addresses: i64,
    /// How many of these customers have.
    pub allocated_addresses: i64,
    /// How many are left.
    pub available_addresses: i64,
    /// Allocated ones of a hundred, to two places.
    pub utilization_percent: f64,
    /// The last 366 days, the oldest first.
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

/// How full a pool is, and was.
#[derive(Debug, Object)]
pub struct IPPoolUtilizationResponse {
    /// Always true.
    pub success: Success<true>,
    /// The figures.
    pub data: IPPoolUtilization,
}
