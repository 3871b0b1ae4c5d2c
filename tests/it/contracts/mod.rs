//! The contracts, as their clients see them.

mod partner;
