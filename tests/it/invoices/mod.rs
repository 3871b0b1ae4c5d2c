//! Invoices: lines, exactly once, payments, and schedule.

mod arrears;
mod billed;
mod calendar;
mod commands;
mod exactly_once;
mod fixtures;
mod lines;
mod mailed;
mod paid;
mod seed;
mod sellers;

pub use fixtures::{Ground, made};
pub use seed::{activated, changed};
