//! Provisioning: requests over HTTP, processed by real workers, with a simulated network in SQL, a real RADIUS server,
//! and a vendor.

mod aligned;
mod batching;
mod billed;
mod changed;
mod disconnecting;
mod events;
mod failed;
mod fixtures;
mod given_back;
mod installed;
mod killed;
mod plans;
mod radius;
mod refused;
mod vendor;

pub use fixtures::{Ground, PLENTY, Subscribed, Supplies};
pub use killed::Platform;
pub use vendor::Vendor;
