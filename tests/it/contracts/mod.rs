//! The contracts, as seen by their clients.

pub mod messaging;
pub mod partner;
pub mod vendor;
