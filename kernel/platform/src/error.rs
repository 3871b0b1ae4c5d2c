//! The error type of the kernel: what may be shown and, separately, the cause, which may not. Each contract maps it to
//! its own envelope.

mod database;
mod faults;
mod field;
mod rule;
mod template;

pub use faults::{Faults, MESSAGE, REASON, json_size, shortened};
pub use field::{Field, FieldPath};
pub use rule::Rule;
pub use template::{Template, Term};

use crate::tls;
use serde::Serialize;
use std::{any::Any, fmt, time::Duration};

/// The kernel's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The text of [`Error::Unauthorized`] for an expired credential.
pub const EXPIRED: &str = "The credential has expired";

/// A fault of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Index of the row, in requests and files with rows, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// First line of the row in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The field of the domain, or the path in the request or file; empty for the whole.
    pub field: FieldPath,
    /// The message, for people.
    pub message: String,
    /// The template of a message with terms that differ between contracts. The message has the domain's terms.
    #[serde(skip)]
    pub template: Option<Template>,
}

impl Fault {
    /// A fault of a field of the domain.
    pub fn field(field: Field, message: impl Into<String>) -> Self {
        Self::new(field.into(), message.into())
    }

    /// A fault at a path of a request or file, as the caller writes it.
    pub fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(path.into().into(), message.into())
    }

    /// A fault of a field of the domain whose message names terms.
    pub fn with_terms(field: Field, text: &'static str, terms: &'static [Term]) -> Self {
        let template = Template { text, terms };
        Self { template: Some(template), ..Self::field(field, template.fill(Term::as_str)) }
    }

    const fn new(field: FieldPath, message: String) -> Self {
        Self { row: None, line: None, field, message, template: None }
    }
}

/// For a person: `line 4, email: is required`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.line.map(|line| format!("line {line}"));
        let place = place.or_else(|| self.row.map(|row| format!("row {row}")));
        let field = Some(&self.field).filter(|field| !field.is_empty());
        match (place, field) {
            (Some(place), Some(field)) => write!(f, "{place}, {field}: ")?,
            (Some(place), None) => write!(f, "{place}: ")?,
            (None, Some(field)) => write!(f, "{field}: ")?,
            (None, None) => {}
        }
        f.write_str(&self.message)
    }
}

/// A dependency of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependency {
    /// PostgreSQL, or the SQLite file.
    Database,
    /// Redis.
    Redis,
    /// The mail server.
    Mail,
    /// The database of the RADIUS server.
    Radius,
    /// This process or its host: overload, a full disk.
    Host,
}

impl Dependency {
    /// Its name in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Redis => "redis",
            Self::Mail => "mail server",
            Self::Radius => "RADIUS database",
            Self::Host => "host",
        }
    }
}

/// The error of a domain operation.
#[derive(Debug)]
pub enum Error {
    /// The request violates rules; with each fault.
    Invalid {
        /// The message.
        message: String,
        /// The faults.
        faults: Vec<Fault>,
    },
    /// The credential is missing or invalid.
    Unauthorized(&'static str),
    /// The credential is valid but not sufficient: a scope is missing, or the address is not allowed.
    Forbidden(String),
    /// There is no such object for this caller.
    NotFound(&'static str),
    /// The object exists already, or is not in a state that allows this.
    Conflict {
        /// The message.
        message: String,
        /// The conflicting field, if any.
        field: Option<Field>,
    },
    /// The organization has as many of these objects as its quota allows.
    QuotaExceeded(String),
    /// The request is valid, but a rule about the present state does not allow it.
    RuleViolated {
        /// The rule.
        rule: Rule,
        /// The message.
        message: String,
    },
    /// Another system, on which the response depends, has failed or rejected the call.
    Upstream {
        /// The message.
        message: String,
        /// When to retry, if known.
        after: Option<Duration>,
    },
    /// More than the settings allow.
    TooLarge(String),
    /// Too many requests.
    TooMany {
        /// The message.
        message: String,
        /// When to retry.
        after: Duration,
    },
    /// A dependency is unavailable or overloaded; worth retrying.
    Unavailable {
        /// The dependency.
        what: Dependency,
        /// For the log.
        cause: String,
    },
    /// An internal error; the cause is only logged.
    Internal(String),
}

impl Error {
    /// An internal error with its cause.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }

    /// An unavailable dependency.
    pub fn unavailable(what: Dependency, cause: impl fmt::Display) -> Self {
        Self::Unavailable { what, cause: cause.to_string() }
    }

    /// A request with a single fault.
    pub fn invalid(fault: Fault) -> Self {
        Self::Invalid { message: "Invalid request data".into(), faults: vec![fault] }
    }

    /// Whether retrying the same call may succeed.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { message, faults } => {
                // A message that is also a fault's is shown once, with its field.
                let message = Some(message).filter(|text| faults.iter().all(|fault| fault.message != **text));
                let parts = message.cloned().into_iter().chain(faults.iter().map(ToString::to_string));
                f.write_str(&parts.collect::<Vec<_>>().join("; "))
            }
            Self::Unauthorized(what) => f.write_str(what),
            Self::Forbidden(why) => f.write_str(why),
            Self::NotFound(what) => write!(f, "{what} not found"),
            Self::Conflict { message, .. }
            | Self::RuleViolated { message, .. }
            | Self::Upstream { message, .. }
            | Self::TooMany { message, .. } => f.write_str(message),
            Self::QuotaExceeded(what) | Self::TooLarge(what) => f.write_str(what),
            Self::Unavailable { what, cause } => write!(f, "{} unavailable: {cause}", what.as_str()),
            Self::Internal(cause) => write!(f, "internal error: {cause}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<redis::RedisError> for Error {
    fn from(error: redis::RedisError) -> Self {
        Self::unavailable(Dependency::Redis, tls::explain(&error, &tls::REDIS))
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}

/// The message of a panic, for the log.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)")
}

#[cfg(test)]
mod tests;
