//! Where a value came from.

use std::fmt;
use std::path::PathBuf;

/// The variable of the settings file, the only `SWITCHYARD_…` variable that is not a setting.
pub(super) const FILE_VARIABLE: &str = "SWITCHYARD_CONFIG";

/// The prefix of our environment variables.
pub(super) const PREFIX: &str = "SWITCHYARD_";

/// Variables that hosting platforms set, and the settings they stand for.
pub(super) const WELL_KNOWN: [(&str, &str); 3] = [
    ("DATABASE_URL", "database.url"),
    ("REDIS_URL", "redis.url"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "traces.endpoint"),
];

/// The layer a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Compiled in.
    Default,
    /// A settings file, and the line in it.
    File(PathBuf, usize),
    /// An environment variable, by name.
    Environment(String),
    /// A command line flag, by name.
    CommandLine(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("default"),
            Self::File(path, line) => write!(out, "file {}, line {line}", path.display()),
            Self::Environment(name) => write!(out, "environment variable {name}"),
            Self::CommandLine(flag) => write!(out, "command line {flag}"),
        }
    }
}

/// The environment variable of a setting. Names are derived only in this direction, so underscores and dots are
/// unambiguous.
pub(super) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "_").to_uppercase())
}
