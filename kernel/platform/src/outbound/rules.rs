//! Which URLs and addresses may be called.

use super::ranges::{self, Range};
use crate::config;
use ipnet::IpNet;
use reqwest::Url;
use std::{
    error, fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Names of this machine, besides those below `localhost` (RFC 6761).
const OWN_NAMES: [&str; 5] =
    ["localhost", "localhost.localdomain", "localhost6", "ip6-localhost", "ip6-loopback"];

/// The configured rules.
#[derive(Debug, Clone)]
pub struct Rules {
    http: bool,
    allowed: Vec<IpNet>,
}

impl Rules {
    /// Those of the settings.
    pub fn new(settings: &config::Outbound) -> Self {
        Self { http: settings.allow_http, allowed: settings.allowed_networks.clone() }
    }

    /// Parses a URL like a browser, which normalizes addresses (`https://0x7f.1` is `https://127.0.0.1/`), and checks
    /// it without a look-up. Use the returned URL, not the given one.
    pub fn check_url(&self, url: &str) -> Result<Url, Refused> {
        let url = Url::parse(url).map_err(|error| Refused::Unreadable(error.to_string()))?;
        self.check(&url)?;
        Ok(url)
    }

    /// Checks a parsed URL again, because the settings may have changed.
    pub(super) fn check(&self, url: &Url) -> Result<(), Refused> {
        if url.scheme() != "https" && !(self.http && url.scheme() == "http") {
            return Err(Refused::Scheme { http: self.http });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        if url.fragment().is_some() {
            return Err(Refused::Fragment);
        }
        self.check_host(url.host_str().unwrap_or_default())
    }

    fn check_host(&self, host: &str) -> Result<(), Refused> {
        if let Some(address) = literal(host) {
            return self.check_address(address);
        }
        let name = host.strip_suffix('.').unwrap_or(host);
        let own = OWN_NAMES.contains(&name) || name.ends_with(".localhost");
        let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        if own && !loopback.iter().any(|address| self.allows(*address)) {
            return Err(Refused::OwnName(host.to_owned()));
        }
        Ok(())
    }

    /// Checks an address to connect to.
    ///
    /// An address that contains an IPv4 address (such as NAT64) is allowed if it is in the list, or if the outer one is
    /// and the inner one is public: listing a gateway does not open the networks behind it.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Refused> {
        self.check_resolved(address).map_err(Refused::Address)
    }

    /// Checks an address that a name resolves to.
    pub(super) fn check_resolved(&self, address: IpAddr) -> Result<(), Blocked> {
        let Some(range) = ranges::of(address) else { return Ok(()) };
        let blocked = Blocked { address, range };
        let allowed = match blocked.inner() {
            None => self.allows(address),
            Some((inner, of)) => self.allows(inner.into()) || of.is_none() && self.allows(address),
        };
        if allowed { Ok(()) } else { Err(blocked) }
    }

    fn allows(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|network| network.contains(&address))
    }
}

/// The address of a host that is not a name. The connector does not resolve it.
fn literal(host: &str) -> Option<IpAddr> {
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    inner.unwrap_or(host).parse().ok()
}

/// Why a URL may not be called; displayed to the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Not a URL, with the parser's message.
    Unreadable(String),
    /// A scheme other than https, or http if allowed.
    Scheme {
        /// Whether http is allowed.
        http: bool,
    },
    /// A user or password, which would be stored and shown in clear text.
    Credentials,
    /// A fragment, which is never sent.
    Fragment,
    /// A name of this machine.
    OwnName(String),
    /// A non-public address.
    Address(Blocked),
    /// A name that resolves to such an address, which is not displayed, so that nobody can find out names of the
    /// private network.
    Resolved(Blocked),
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(out, "the URL cannot be read: {error}"),
            Self::Scheme { http: false } => out.write_str("the scheme must be https"),
            Self::Scheme { http: true } => out.write_str("the scheme must be https or http"),
            Self::Credentials => out.write_str("the URL has credentials"),
            Self::Fragment => out.write_str("the URL has a fragment"),
            Self::OwnName(name) => write!(out, "the host {name} is a name of this machine (RFC 6761)"),
            Self::Address(blocked) => write!(out, "the address {blocked}"),
            Self::Resolved(_) => out.write_str("the host resolves to an address that is not allowed"),
        }
    }
}

impl error::Error for Refused {}

/// A non-public address; displayed as "10.1.2.3 is private (RFC 1918)".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    address: IpAddr,
    range: &'static Range,
}

impl Blocked {
    /// The contained IPv4 address and its range.
    fn inner(&self) -> Option<(Ipv4Addr, Option<&'static Range>)> {
        let inner = self.range.inner(self.address)?;
        Some((inner, ranges::of(inner.into())))
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} is {}", self.address, self.range.what)?;
        match self.inner() {
            None => Ok(()),
            Some((inner, None)) => write!(out, " of {inner}"),
            Some((inner, Some(range))) => write!(out, " of {inner}, which is {}", range.what),
        }
    }
}
