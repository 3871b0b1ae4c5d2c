//! The lifecycle of a customer, over HTTP except for the operator's commands: coverage, billing run, payment. On both
//! pairings, with the platform killed at any point of a saga, and once more with a vendor.

mod fulfilled;
mod killed;
mod outside;
mod steps;
mod whole;

use outside::Outside;
use steps::{PAUSE, Story};
