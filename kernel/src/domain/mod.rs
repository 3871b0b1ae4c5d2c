//! The rules, a noun a file. Contracts translate to and from these operations; jobs carry them on.

pub mod addresses;
pub mod charges;
pub mod coverage;
pub mod customers;
pub mod explain;
mod field_update;
pub mod imports;
pub mod invoices;
pub mod job_control;
pub mod network;
pub mod organizations;
pub mod paging;
pub mod payloads;
pub mod plans;
pub mod promotions;
pub mod provisioning;
#[cfg(test)]
mod recorded;
pub mod sandbox;
pub mod subscriptions;
pub mod tickets;
pub mod usage;
pub mod vendors;
pub mod webhooks;

pub use field_update::FieldUpdate;
