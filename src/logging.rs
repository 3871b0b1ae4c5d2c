//! Logging to stderr; stdout is for the output of commands.

use crate::{progress_bar, settings::Refused, tracing_export};
use anyhow::Context;
use platform::{
    config::{Loaded, LogFormat, Source},
    trace,
};
use std::{
    fmt::Display,
    io::{self, IsTerminal},
};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{LevelFilter, ParseError},
    fmt,
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// For long-running commands: with the configured level, traces and metrics.
pub fn start(loaded: &Loaded) -> anyhow::Result<()> {
    platform::metrics::install();
    let settings = &loaded.settings;
    let spans = tracing_export::layer(&settings.traces).context("traces.endpoint")?;
    let log = layer(&settings.log.level, settings.log.format)?;
    match spans {
        Some(spans) => tracing_subscriber::registry().with(log).with(spans).init(),
        None => tracing_subscriber::registry().with(log).init(),
    }
    Ok(())
}

/// For short commands: only warnings, unless configured otherwise.
pub fn start_quiet(loaded: &Loaded) -> Result<(), Refused> {
    let is_set = |path: &str| loaded.origins.iter().any(|it| it.path == path && it.source != Source::Default);
    let log = &loaded.settings.log;
    install(if is_set("log.level") { &log.level } else { "warn" }, log.format)
}

/// For commands without settings: only warnings.
pub fn start_plain() -> Result<(), Refused> {
    install("warn", LogFormat::Text)
}

fn install(level: &str, format: LogFormat) -> Result<(), Refused> {
    tracing_subscriber::registry().with(layer(level, format)?).init();
    Ok(())
}

/// The spans of requests and jobs are always enabled, because they add the request id to a line.
fn layer<S>(level: &str, format: LogFormat) -> Result<impl Layer<S> + use<S>, Refused>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let refused = |error: &dyn Display| Refused(format!("log.level: {level} is not allowed: {error}"));
    let filter = EnvFilter::try_new(level).map_err(|error| refused(&error))?;
    let always = |text: &str| text.parse().map_err(|error: ParseError| refused(&error));
    let spans = always(&format!("{}=error", trace::TARGET))?;
    // It logs each untrusted certificate as an error; the caller gets the error and reports it.
    let certificates = always("rustls_platform_verifier=off")?;
    // It logs two lines for each step of the schema.
    let migrations = always("sea_orm_migration=warn")?;
    let is_detailed = filter.max_level_hint() >= Some(LevelFilter::DEBUG);
    let log = fmt::layer().with_writer(|| Stderr).with_ansi(io::stderr().is_terminal());
    let log = match format {
        LogFormat::Text => log.boxed(),
        LogFormat::Json => log.json().boxed(),
    };
    let filter = filter.add_directive(spans).add_directive(certificates);
    Ok(log.with_filter(if is_detailed { filter } else { filter.add_directive(migrations) }))
}

/// Stderr, with progress bars hidden while a line is written.
struct Stderr;

impl io::Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        progress_bar::suspended(|| io::stderr().write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
