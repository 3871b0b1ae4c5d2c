//! The domain of an internet service provider, which the partner, operator and vendor contracts share: one module per
//! noun. Contracts translate to and from its operations; jobs execute the rest.

pub mod addresses;
pub mod charges;
pub mod coverage;
pub mod customers;
pub mod explain;
pub mod imports;
pub mod invoices;
pub mod job_control;
pub mod lifecycle;
pub mod network;
pub mod payloads;
pub mod plans;
pub mod promotions;
pub mod provisioning;
#[cfg(test)]
mod recorded;
pub mod sandbox;
pub mod subscriptions;
#[cfg(test)]
mod testing;
pub mod tickets;
pub mod usage;
pub mod vendors;
