//! Failures of calls.

use super::Refused;
use crate::open_files;
use entities::ids::EndpointId;
use nix::errno::Errno;
use std::{error, fmt, io, net::SocketAddr, time::Duration};

/// A call without a response. Displayed to the customer, never with the URL, whose query may contain a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Rejected by our rules; nothing was sent.
    Refused(Refused),
    /// The name has no address.
    Dns(String),
    /// No connection, or not in time; nothing was sent.
    Connect(String),
    /// The certificate, or the handshake.
    Tls(String),
    /// No status within this time. The receiver may have the request.
    Timeout(Duration),
    /// The connection ended before there was a status. The receiver may have the request.
    Reset(String),
    /// The answer is not HTTP.
    Protocol(String),
    /// A shortage of this process: file handles, memory, ports, call slots, or CA certificates. Nothing was sent, and
    /// the receiver is not to blame.
    Shortage(String),
}

impl Failure {
    /// Its stored class; never change existing ones.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Dns(_) => "dns",
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Timeout(_) => "timeout",
            Self::Reset(_) => "reset",
            Self::Protocol(_) => "protocol",
            Self::Shortage(_) => "shortage",
        }
    }

    /// Whether it is a transient failure of this process, unrelated to the receiver.
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::Shortage(_))
    }

    /// Details hidden from the customer, if any.
    pub(super) fn detail(&self) -> Option<String> {
        match self {
            Self::Refused(Refused::Resolved(blocked)) => Some(blocked.to_string()),
            _ => None,
        }
    }

    /// Logs the details hidden from the customer, if any.
    pub fn log(&self, endpoint: EndpointId) {
        if let Some(detail) = self.detail() {
            tracing::info!(%endpoint, detail, "not called: the host resolves to an address that is not allowed");
        }
    }

    /// No client: https needs certificates.
    pub(super) fn of_our_own(error: &reqwest::Error) -> Self {
        Self::Shortage(root(error))
    }

    /// The look-up of a name has failed.
    pub(super) fn of_look_up(error: &io::Error) -> Self {
        // The system library often reports it differently.
        if open_files::is_shortage(error) || open_files::are_used_up() {
            return Self::Shortage(format!("name resolution failed: {error}"));
        }
        Self::Dns(error.to_string())
    }

    /// Classifies an error of the HTTP client; `patience` is the timeout of connecting.
    pub(super) fn of(error: &reqwest::Error, patience: Duration) -> Self {
        if let Some(own) = causes(error).find_map(|cause| cause.downcast_ref::<Self>()) {
            return own.clone();
        }
        if causes(error).any(is_shortage) {
            return Self::Shortage(root(error));
        }
        if let Some(tls) = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
            return Self::Tls(tls.to_string());
        }
        if error.is_connect() && error.is_timeout() {
            return Self::Connect(format!("not within {}", Seconds(patience)));
        }
        let root = root(error);
        if error.is_connect() {
            Self::Connect(root)
        } else if causes(error).any(ended) {
            Self::Reset(root)
        } else {
            Self::Protocol(root)
        }
    }
}

/// The chain of causes, outermost first.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn error::Error + 'static)> {
    std::iter::successors(error::Error::source(error), |cause| inside(*cause).or_else(|| cause.source()))
}

/// The root cause.
fn root(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn is_shortage(cause: &(dyn error::Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(open_files::is_shortage) || is_without_port(cause)
}

/// Whether an IPv4 connection had no free local port. For IPv6 the same error means that this machine has no address,
/// which is permanent. Only the `Debug` output of the connector's error tells: `ConnectError("tcp connect error",
/// 192.0.2.1:443, Os { code: 99, … })`.
fn is_without_port(cause: &(dyn error::Error + 'static)) -> bool {
    let code = cause.source().and_then(|source| source.downcast_ref::<io::Error>()?.raw_os_error());
    code == Some(Errno::EADDRNOTAVAIL as i32) && goes_to_ipv4(&format!("{cause:?}"))
}

fn goes_to_ipv4(error: &str) -> bool {
    let parts = error.strip_prefix("ConnectError(").into_iter().flat_map(|parts| parts.split(", "));
    parts.filter_map(|part| part.parse::<SocketAddr>().ok()).any(|address| address.is_ipv4())
}

/// The inner error of an I/O error, which skips it and names its source instead.
fn inside<'a>(cause: &'a (dyn error::Error + 'static)) -> Option<&'a (dyn error::Error + 'static)> {
    Some(cause.downcast_ref::<io::Error>()?.get_ref()?)
}

/// Whether a cause is the end of the connection. hyper reports invalid chunks as I/O errors too.
fn ended(cause: &(dyn error::Error + 'static)) -> bool {
    let hyper = cause.downcast_ref::<hyper::Error>();
    let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
    hyper.is_some_and(|error| error.is_incomplete_message() || error.is_canceled() || error.is_closed())
        || kind.is_some_and(|kind| !matches!(kind, io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData))
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(rule) => write!(out, "refused: {rule}"),
            Self::Dns(cause) => write!(out, "the host has no address: {cause}"),
            Self::Connect(cause) => write!(out, "no connection: {cause}"),
            Self::Tls(cause) => write!(out, "no secure connection: {cause}"),
            Self::Timeout(total) => write!(out, "no answer within {}", Seconds(*total)),
            Self::Reset(cause) => write!(out, "the connection ended before the answer: {cause}"),
            Self::Protocol(cause) => write!(out, "the answer is not HTTP: {cause}"),
            Self::Shortage(cause) => write!(out, "the platform cannot make calls at the moment: {cause}"),
        }
    }
}

impl error::Error for Failure {}

/// A duration for people.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} s", self.0.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_missing_over_ipv4_alone() {
        let error = |address| {
            format!(
                "ConnectError(\"tcp connect error\", {address}, Os {{ code: 99, kind: AddrNotAvailable }})"
            )
        };
        assert!(goes_to_ipv4(&error("192.0.2.1:443")));
        assert!(!goes_to_ipv4(&error("[2001:db8::1]:443")));
        assert!(!goes_to_ipv4("Other(192.0.2.1:443)"));
    }
}
