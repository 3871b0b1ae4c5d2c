//! Calls to URLs given by customers. All such calls go through here, so that nobody can use the platform to reach
//! private networks.
//!
//! A URL is checked when it is registered ([`Rules::check_url`]) and before each call; the addresses of a name are
//! checked when the connection is made, by the look-up that the connection uses. There is no second look-up, so a name
//! cannot change after the check. Redirects are not followed, and proxies of the environment are not used.

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
