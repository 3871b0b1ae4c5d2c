//! What may be called, and what is said when it may not.

use super::ranges::{self, Range};
use crate::config;
use ipnet::IpNet;
use reqwest::Url;
use std::{
    error, fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Names that lead to the machine itself, besides those below `localhost` (RFC 6761).
const OWN_NAMES: [&str; 5] =
    ["localhost", "localhost.localdomain", "localhost6", "ip6-localhost", "ip6-loopback"];

/// What the settings let be called.
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

    /// Reads a URL as a browser would, which leaves one spelling of each address (`https://0x7f.1` is
    /// `https://127.0.0.1/`), and checks it without a look-up. Keep what is returned, not what was given.
    pub fn check_url(&self, url: &str) -> Result<Url, Refused> {
        let url = Url::parse(url).map_err(|error| Refused::Unreadable(error.to_string()))?;
        self.check(&url)?;
        Ok(url)
    }

    /// The same for a URL that was read before; the settings may have changed since.
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

    /// Checks an address that would be connected to.
    ///
    /// An address with an IPv4 address within it (NAT64, for one) is allowed if that is in the list, or if
    /// the outer one is and the inner one is public: to list a gateway does not open what is behind it.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Refused> {
        self.check_resolved(address).map_err(Refused::Address)
    }

    /// The same for an address that a name leads to.
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

/// The address that a host is, if it is no name. The connector does not look such a host up.
fn literal(host: &str) -> Option<IpAddr> {
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    inner.unwrap_or(host).parse().ok()
}

/// Why something may not be called; displayed for the customer, who named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It is no URL, with what the parser says.
    Unreadable(String),
    /// Another scheme than https, or http where the settings allow it.
    Scheme {
        /// Whether they do.
        http: bool,
    },
    /// A user or a password: they would be stored and shown in the clear.
    Credentials,
    /// A fragment, which is never sent.
    Fragment,
    /// A name of the machine itself.
    OwnName(String),
    /// An address that is not of the public internet.
    Address(Blocked),
    /// A name that leads to such an address. Which one is not displayed: whoever names hosts would learn what the
    /// names of this network's own mean.
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
            Self::Resolved(_) => out.write_str("the host's name leads to an address that is not allowed"),
        }
    }
}

impl error::Error for Refused {}

/// An address that is not of the public internet; displayed as "10.1.2.3 is private (RFC 1918)".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    address: IpAddr,
    range: &'static Range,
}

impl Blocked {
    /// The IPv4 address within, and the range that it is in itself.
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
