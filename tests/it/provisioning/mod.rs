//! Provisioning: requests over HTTP, worked on by real workers, on a simulated network that is kept in SQL.

mod aligned;
mod changed;
mod failed;
mod ground;
mod installed;
mod killed;
mod refused;
mod together;
mod told;

pub use ground::{Ground, PLENTY, Subscribed};
pub use killed::Platform;
