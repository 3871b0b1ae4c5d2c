//! Why a call had no answer.

use super::Refused;
use std::{error, fmt, io, time::Duration};

/// What a call can end with besides an answer. Displayed for the customer; the URL, whose query may hold a
/// secret, is never in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A rule of ours; nothing was sent.
    Refused(Refused),
    /// The name has no address.
    Dns(String),
    /// No connection came about, or not in time; nothing was sent.
    Connect(String),
    /// The certificate, or the handshake.
    Tls(String),
    /// The answer was not complete within this time. The receiver may have the request.
    Timeout(Duration),
    /// The connection ended before the answer did. The receiver may have the request.
    Reset(String),
    /// The answer is not HTTP.
    Protocol(String),
}

impl Failure {
    /// Its class, as it is stored: never changed once it was used.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Dns(_) => "dns",
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Timeout(_) => "timeout",
            Self::Reset(_) => "reset",
            Self::Protocol(_) => "protocol",
        }
    }

    /// Finds the class of what the HTTP client ended with; `patience` is how long it tries to connect.
    pub(super) fn of(error: &reqwest::Error, patience: Duration) -> Self {
        if let Some(own) = causes(error).find_map(|cause| cause.downcast_ref::<Self>()) {
            return own.clone();
        }
        if let Some(tls) = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
            return Self::Tls(tls.to_string());
        }
        if error.is_connect() && error.is_timeout() {
            return Self::Connect(format!("not within {}", Seconds(patience)));
        }
        let root = causes(error).last().map(ToString::to_string).unwrap_or_default();
        if error.is_connect() {
            Self::Connect(root)
        } else if causes(error).any(ended) {
            Self::Reset(root)
        } else {
            Self::Protocol(root)
        }
    }
}

/// All that is behind an error, the outermost first.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn error::Error + 'static)> {
    std::iter::successors(error::Error::source(error), |cause| inside(*cause).or_else(|| cause.source()))
}

/// What an error of I/O was made of: it names that one's source as its own, and passes it over.
fn inside<'a>(cause: &'a (dyn error::Error + 'static)) -> Option<&'a (dyn error::Error + 'static)> {
    Some(cause.downcast_ref::<io::Error>()?.get_ref()?)
}

/// Whether a cause is the end of the connection. hyper also reports bad chunks as errors of I/O.
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
            Self::Dns(cause) => write!(out, "the host's name has no address: {cause}"),
            Self::Connect(cause) => write!(out, "no connection: {cause}"),
            Self::Tls(cause) => write!(out, "no secure connection: {cause}"),
            Self::Timeout(total) => write!(out, "no complete answer within {}", Seconds(*total)),
            Self::Reset(cause) => write!(out, "the connection ended before the answer: {cause}"),
            Self::Protocol(cause) => write!(out, "the answer is not HTTP: {cause}"),
        }
    }
}

impl error::Error for Failure {}

/// A time for people.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} s", self.0.as_secs_f64())
    }
}
