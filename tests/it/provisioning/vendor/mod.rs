//! Services that a vendor makes work. The vendor is played by the test.

mod answered;
mod cancelled;
mod changed;
mod ground;
mod many;
mod outcomes;
mod plans;
mod silent;

pub use ground::{Vendor, done};
