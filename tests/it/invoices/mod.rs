//! Invoices: what is on them, that each is made once, how they are paid, and when.

mod arrears;
mod billed;
mod books;
mod calendar;
mod commands;
mod ground;
mod lines;
mod mailed;
mod once;
mod paid;
mod sellers;

pub use books::{activated, changed};
pub use ground::{Ground, made};
