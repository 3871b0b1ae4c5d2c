//! What gets out, what does not, and what is made of what comes back.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod addresses;
mod calls;
mod faults;
mod receiver;
mod spellings;
mod tls;
mod urls;

use super::*;
use crate::config;
use std::sync::LazyLock;

/// Settings that allow `http`, and these networks.
fn settings(networks: &[&str]) -> config::Outbound {
    let allowed_networks = networks.iter().map(|network| network.parse().unwrap()).collect();
    config::Outbound { allow_http: true, allowed_networks, ..config::Settings::default().outbound }
}

/// Their rules.
fn rules(networks: &[&str]) -> Rules {
    Rules::new(&settings(networks))
}

/// The rules of the defaults.
fn strict() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::new(&config::Settings::default().outbound));
    &RULES
}

/// The error of a result, if any.
fn said<T>(result: Result<T, Refused>) -> String {
    result.err().map(|refused| refused.to_string()).unwrap_or_default()
}
