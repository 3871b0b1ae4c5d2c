//! Invoices: what is on them, that each is made once, how they are paid, and when.

mod billed;
mod calendar;
mod commands;
mod ground;
mod lines;
mod mailed;
mod once;
mod paid;

pub use ground::{Ground, activated, changed, made};
