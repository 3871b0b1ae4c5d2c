//! The network: outages, maintenance windows, and its status.

mod affected;
pub mod maintenance;
pub mod outages;
mod rules;
mod status;

pub use status::{Health, Region, Status, status};
