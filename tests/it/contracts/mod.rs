//! The contracts, as their clients see them.

pub mod partner;
pub mod vendor;
