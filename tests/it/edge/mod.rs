//! What happens between the socket and a handler, in any contract, tested with the partner contract.

mod audit;
mod bodies;
mod idempotency;
mod killed;
mod limits;
mod processes;
mod requests;

pub use processes::Api;

use crate::contracts::partner::customer;

const CUSTOMERS: &str = "/api/v1/customers";
