//! IP addresses: pools and allocations.
//!
//! A pool is a CIDR allocated in parts of one length. The allocatable parts are numbered, and are rows of `ip_free`,
//! created block by block. An allocation takes a row that no other transaction has locked, so concurrent allocations
//! from a pool do not wait for each other, and a unique index prevents double allocation.

mod batch;
mod block;
mod free;
mod pools;
mod reserve;

pub use batch::{AllocatedAddresses, Owner, activate_each, allocate_many, insert_allocations, release_many};
pub use block::Block;
pub(super) use pools::note;
pub use pools::{Pool, Snapshot, add, list, set_reserved, snapshot, utilization};
pub use reserve::{AllocationRequest, Reserved, activate, of_customer, release, reserve, reserve_each};
