//! Deliveries, from an event to the receiver: with good, bad and missing receivers.

mod breaker;
mod committed;
mod customers;
mod domains;
mod fanned_out;
mod library;
mod operations;
mod pace;
mod published;
mod receivers;
mod regressions;
mod retries;
mod sequence;
mod twice;
mod verbatim;
