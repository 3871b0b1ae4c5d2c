//! The network, as its operator tells of it: outages, maintenance windows, and how it is all in all.

mod affected;
pub mod maintenance;
pub mod outages;
mod rules;
mod status;

pub use status::{Health, Region, Status, status};
