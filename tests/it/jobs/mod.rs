//! The job engine, for all kinds.

mod engine;
mod faults;
mod states;
mod suspects;
mod waiting;
