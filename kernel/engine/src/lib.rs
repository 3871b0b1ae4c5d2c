//! The job engine: jobs as rows of the [ledger], and the [transport] that passes their ids to workers. It depends on no
//! event and no domain; the crates above define the kinds of jobs.

pub mod jobs;
pub mod ledger;
pub mod transport;
