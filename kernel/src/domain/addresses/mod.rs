//! Addresses: pools of them, and who has which.
//!
//! A pool is a CIDR that is given out in parts of one length. Its parts are numbered; those that can be given out
//! are rows of `ip_free`, which are made a block at a time. Who takes one takes a row that nobody else is taking,
//! so that many take addresses of one pool at once without waiting for each other, and a unique index promises that
//! none is given out twice.

mod block;
mod free;
mod many;
mod pools;
mod reserve;

pub use block::Block;
pub use many::{Owner, Taken, activate_each, put_back, reserve_taken, take_each};
pub(super) use pools::note;
pub use pools::{Pool, Snapshot, add, list, set_reserved, snapshot, utilization};
pub use reserve::{Reserved, Wanted, activate, of_customer, release, reserve, reserve_each};
