//! Calls to addresses that customers name: the one way out, so that nobody can use this platform to reach
//! what only its own network can.
//!
//! A URL is checked when it is registered ([`Rules::check_url`]) and again before each call; the addresses of
//! a name are checked where the connection is made, by the look-up that the connection then uses. There is
//! no second look-up, so a name cannot lead elsewhere after it was checked. Redirects are answers, and no
//! proxy of the environment is asked.

mod answer;
mod client;
mod failure;
mod ranges;
mod resolver;
mod rules;
mod slots;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Limits};
pub use client::Client;
pub use failure::Failure;
pub use reqwest::{
    Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};
pub use rules::{Blocked, Refused, Rules};
pub use slots::Slot;
