//! The log, on stderr: stdout is for what a command has to say.

use crate::{bar, settings::Refused};
use kernel::config::{Loaded, LogFormat, Source};
use std::io::{self, IsTerminal};
use tracing_subscriber::{EnvFilter, fmt};

/// For programs that run: the level is that of the settings.
pub fn start(loaded: &Loaded) -> Result<(), Refused> {
    let log = &loaded.settings.log;
    install(&log.level, log.format)
}

/// For commands that come and go: only warnings, unless the settings ask for something.
pub fn start_quiet(loaded: &Loaded) -> Result<(), Refused> {
    let asked = |path: &str| loaded.origins.iter().any(|it| it.path == path && it.source != Source::Default);
    let log = &loaded.settings.log;
    install(if asked("log.level") { &log.level } else { "warn" }, log.format)
}

/// For commands that have no settings: only warnings.
pub fn start_plain() -> Result<(), Refused> {
    install("warn", LogFormat::Text)
}

fn install(level: &str, format: LogFormat) -> Result<(), Refused> {
    let filter = EnvFilter::try_new(level)
        .map_err(|error| Refused(format!("log.level: {level} is not allowed: {error}")))?;
    let log = fmt().with_env_filter(filter).with_writer(|| Stderr).with_ansi(io::stderr().is_terminal());
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

/// Stderr, from which a progress bar steps back for the time of the line.
struct Stderr;

impl io::Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        bar::aside(|| io::stderr().write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
