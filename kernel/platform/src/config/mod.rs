//! The settings: loaded once at the start from several layers, and rejected as a whole if one is invalid.
//!
//! `switchyard.toml` holds every setting with its default and is compiled in; `settings` gives
//! each its type and says what is allowed. A file, the environment and the command line may
//! override a setting, in this order. All faults of all layers are reported together, each with
//! the place it comes from.

mod layers;
mod mask;
mod nearest;
mod raw;
mod rules;
mod settings;
mod source;
#[cfg(test)]
mod tests;
mod toml_text;
mod units;

use std::fmt;
use std::path::PathBuf;

use layers::Layers;
pub use settings::{
    Bulk, Database, Hosts, Http, Idempotency, Invoices, Jobs, KindSettings, Limits, Log, LogFormat,
    Messaging, Metrics, Outbound, Plan, Plans, Provisioners, Reconciler, Redis, Retention, Secrets, Settings,
    Simulator, Stop, Tokens, Traces, Webhooks, Worker,
};
pub use source::Source;
pub use units::parse_duration;

/// The compiled-in `switchyard.toml`: the documentation of every setting, and its default.
pub const DEFAULTS: &str = include_str!("../../../../switchyard.toml");

/// Where settings come from, besides [`DEFAULTS`].
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A settings file; without it, the one that `SWITCHYARD_CONFIG` in the environment names.
    pub file: Option<PathBuf>,
    /// The environment; unrelated variables are ignored.
    pub environment: Vec<(String, String)>,
    /// Command line overrides: a setting's path, its value, and the flag's name for messages.
    pub overrides: Vec<(&'static str, String, &'static str)>,
}

/// What [`load`] found.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings in effect.
    pub settings: Settings,
    /// Every setting in the order of `switchyard.toml`, for people to read.
    pub origins: Vec<Origin>,
}

/// A setting in effect, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The setting, such as `database.max_connections`.
    pub path: String,
    /// Its value as it would be written in the environment, without what is secret.
    pub value: String,
    /// The layer of the effective value.
    pub source: Source,
}

/// All faults of the settings; displayed one per line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

/// Lays the sources over the defaults and checks every value given, also those overridden later:
/// a broken line in a file should not wait for the day its override is dropped.
pub fn load(sources: Sources) -> Result<Loaded, ConfigError> {
    let mut layers = Layers::defaults();
    if let Some(path) = sources.file.or_else(|| file_named_in(&sources.environment)) {
        layers.add_file(&path);
    }
    layers.add_environment(sources.environment);
    layers.add_overrides(sources.overrides);
    let settings = Settings::read(&mut layers);
    let (origins, faults) = layers.finish();
    match settings {
        Some(settings) if faults.is_empty() => Ok(Loaded { settings, origins }),
        _ => Err(ConfigError(faults)),
    }
}

/// Empty counts as absent, because compose files pass on unset variables that way.
fn file_named_in(environment: &[(String, String)]) -> Option<PathBuf> {
    let mut named = environment.iter().filter(|(name, _)| name == source::FILE_VARIABLE);
    named.next().map(|(_, path)| path).filter(|path| !path.is_empty()).map(PathBuf::from)
}
