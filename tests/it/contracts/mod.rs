//! The contracts, as their clients see them.

pub mod partner;
mod vendor;
