//! Monitoring: metrics, traces, the log.

mod collector;
mod exposition;
mod log;
mod metrics;
mod outages;
mod platform;
mod series;
mod traces;

use exposition::Exposition;
use platform::{Ground, Running};
