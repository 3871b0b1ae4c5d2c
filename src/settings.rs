//! Settings and overrides of the command line.

use platform::config::{Loaded, Settings, Sources};
use std::{fmt, path::PathBuf};

/// A setting from the command line: path, value, flag.
pub type Override = (&'static str, String, &'static str);

/// Options of every command.
#[derive(Debug, clap::Args)]
pub struct Global {
    #[allow(clippy::doc_markdown, reason = "shown as clap shows variables")]
    /// Settings file in the format of `switchyard.toml` [env: SWITCHYARD_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The data folder, for commands that use the embedded platform.
#[derive(Debug, clap::Args)]
pub struct DataLocation {
    /// Data folder of the embedded platform [default: `data`, ./data]
    #[arg(long, value_name = "FOLDER")]
    data: Option<String>,
}

impl DataLocation {
    /// As an override.
    pub fn overrides(self) -> Vec<Override> {
        self.data.map(|folder| ("data", folder, "--data")).into_iter().collect()
    }
}

/// Invalid or insufficient settings, one fault per line. Exit code 2.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(pub String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// Loads all layers: defaults, file, environment, command line.
pub fn load(global: &Global, overrides: Vec<Override>) -> Result<Loaded, Refused> {
    let text = |part: std::ffi::OsString| part.to_string_lossy().into_owned();
    let environment = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
    let sources = Sources { file: global.config.clone(), environment, overrides };
    platform::config::load(sources).map_err(|faults| Refused(faults.to_string()))
}

/// Requires PostgreSQL and Redis, which the processes of a scaled installation share.
pub fn require_servers(settings: &Settings, command: &str) -> Result<(), Refused> {
    let instead =
        format!("`switchyard {command}` shares it with other processes; `switchyard up` needs no server");
    let mut faults = vec![];
    if !settings.database.url.starts_with("postgres") {
        faults.push(format!("database.url: set DATABASE_URL=postgres://… ({instead})"));
    }
    if settings.redis.url.is_empty() {
        faults.push(format!("redis.url: set REDIS_URL=redis://… ({instead})"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Refused(faults.join("\n"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_commands_name_what_is_missing() {
        let mut settings = Settings::default();
        let Refused(faults) = require_servers(&settings, "serve").unwrap_err();
        assert!(faults.contains("database.url") && faults.contains("redis.url") && faults.contains("up"));
        settings.database.url = "sqlite://x.db".into();
        settings.redis.url = "redis://localhost".into();
        assert_eq!(require_servers(&settings, "work").unwrap_err().0.lines().count(), 1);
        settings.database.url = "postgresql://localhost/x".into();
        assert_eq!(require_servers(&settings, "work"), Ok(()));
    }
}
