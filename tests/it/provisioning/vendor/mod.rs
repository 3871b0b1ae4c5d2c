//! Services provided by a vendor, which is simulated by the test.

mod answered;
mod cancelled;
mod changed;
mod fixtures;
mod many;
mod outcomes;
mod plans;
mod silent;

pub use fixtures::{Vendor, done};
