//! The contracts, as seen by their clients.

pub mod partner;
pub mod vendor;
