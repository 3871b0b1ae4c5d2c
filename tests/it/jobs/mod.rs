//! The engine: what it promises of any job, whatever its kind.

mod engine;
mod faults;
mod states;
mod suspects;
mod waiting;
