//! Invoices: what customers are asked to pay for a month that is over, and what they have paid.

pub mod document;
