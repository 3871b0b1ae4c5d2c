//! Deliveries, from an event to what a receiver has: at good receivers, at bad ones, and at none.

mod breaker;
mod committed;
mod complaints;
mod customers;
mod domains;
mod fanned_out;
mod library;
mod pace;
mod published;
mod receivers;
mod retries;
mod sequence;
mod twice;
mod verbatim;
