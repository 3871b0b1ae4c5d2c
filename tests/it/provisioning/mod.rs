//! Provisioning: requests over HTTP, worked on by real workers, on a simulated network that is kept in SQL, and on a
//! real RADIUS server.

mod aligned;
mod changed;
mod failed;
mod ground;
mod installed;
mod killed;
mod radius;
mod refused;
mod together;
mod told;

pub use ground::{Ground, PLENTY, Subscribed};
pub use killed::Platform;
