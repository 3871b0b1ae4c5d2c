//! All integration tests in one binary: linking once is cheaper than one binary per file, and the servers are started
//! once. Each test has its own database, key prefix and folder, so they run in parallel.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is a failure with its place")]

mod api;
mod app;
mod architecture;
mod auth;
mod chaos;
mod cli;
mod contracts;
mod database;
mod edge;
mod invoices;
mod jobs;
mod mail;
mod migrations;
mod paging;
mod provisioning;
mod receivers;
mod servers;
mod serving;
mod story;
mod telemetry;
mod unit_of_work;
mod vendors;
mod webhooks;
