//! Provisioning: requests over HTTP, worked on by real workers, on a simulated network that is kept in SQL, on a
//! real RADIUS server, and by a vendor.

mod aligned;
mod billed;
mod changed;
mod failed;
mod given_back;
mod ground;
mod installed;
mod killed;
mod plans;
mod radius;
mod refused;
mod together;
mod told;
mod vendor;

pub use ground::{Ground, PLENTY, Subscribed, Supplies};
pub use killed::Platform;
pub use vendor::Vendor;
