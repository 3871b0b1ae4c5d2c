//! Progress on stderr: a live bar on a terminal, otherwise a plain line from time to time.

use crate::output;
use indicatif::{HumanBytes, HumanCount, MultiProgress, ProgressFinish, ProgressState, ProgressStyle};
use std::{
    fmt,
    io::{self, IsTerminal},
    pin::pin,
    sync::LazyLock,
    time::Duration,
};
use tokio::time::{Instant, interval_at};

/// Interval of plain lines.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);

/// The visible bars, which are hidden while other output is written.
static SCREEN: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Writes to stderr with the bars hidden.
pub fn suspended<T>(write: impl FnOnce() -> T) -> T {
    SCREEN.suspend(write)
}

/// The unit of progress.
#[derive(Clone, Copy)]
enum Unit {
    Bytes,
    Rows,
}

/// A progress bar. Clones share the bar; dropping the last one clears it.
#[derive(Clone)]
pub struct ProgressBar {
    what: &'static str,
    unit: Unit,
    inner: indicatif::ProgressBar,
}

impl ProgressBar {
    /// A file transfer.
    pub fn bytes(what: &'static str, total: u64) -> Self {
        Self::new(what, Unit::Bytes, total)
    }

    /// Rows being processed.
    pub fn rows(what: &'static str, total: u64) -> Self {
        Self::new(what, Unit::Rows, total)
    }

    fn new(what: &'static str, unit: Unit, total: u64) -> Self {
        let bar = indicatif::ProgressBar::new(total).with_finish(ProgressFinish::AndClear);
        let bar = SCREEN.add(bar.with_style(style(unit)).with_message(what));
        if io::stderr().is_terminal() {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self { what, unit, inner: bar }
    }

    /// Sets the progress and the total.
    pub fn set(&self, done: u64, total: u64) {
        self.inner.set_length(total);
        self.inner.set_position(done);
    }

    /// Adds to the progress.
    pub fn add(&self, done: usize) {
        self.inner.inc(done as u64);
    }

    /// Starts over.
    pub fn reset(&self) {
        self.inner.reset();
    }

    /// Finishes, and leaves the bar on the screen.
    pub fn keep(&self) {
        self.inner.finish();
        if io::stderr().is_terminal() {
            output::print_error("");
        }
    }

    /// Shows the progress while the work runs.
    pub async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut lines = interval_at(Instant::now() + PLAIN_INTERVAL, PLAIN_INTERVAL);
        let plain = !io::stderr().is_terminal();
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = lines.tick(), if plain => output::print_error(&self.to_string()),
            }
        }
    }
}

/// The plain line.
impl fmt::Display for ProgressBar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, total) = (self.inner.position(), self.inner.length().unwrap_or(0));
        let (unit, rate) = (self.unit, self.inner.per_sec());
        write!(f, "{}: {}, ", self.what, unit.part(done, total))?;
        f.write_str(&status(unit, rate, total.saturating_sub(done)))
    }
}

impl Unit {
    fn part(self, done: u64, total: u64) -> String {
        match self {
            Self::Bytes => format!("{} of {}", HumanBytes(done), HumanBytes(total)),
            Self::Rows => format!("{} of {} rows", HumanCount(done), HumanCount(total)),
        }
    }

    fn amount(self, amount: u64) -> String {
        match self {
            Self::Bytes => HumanBytes(amount).to_string(),
            Self::Rows => output::count(amount, "row"),
        }
    }
}

fn style(unit: Unit) -> ProgressStyle {
    let template = "{spinner} {msg} {bar:30} {percent:>3} %  {done}, {rest}";
    let style = ProgressStyle::with_template(template).expect("the template is fixed");
    style
        .progress_chars("━╸─")
        .with_key("done", move |state: &ProgressState, out: &mut dyn fmt::Write| {
            let _ = out.write_str(&unit.part(state.pos(), state.len().unwrap_or(0)));
        })
        .with_key("rest", move |state: &ProgressState, out: &mut dyn fmt::Write| {
            let left = state.len().unwrap_or(0).saturating_sub(state.pos());
            let text = if state.is_finished() {
                format!("in {}", duration(state.elapsed()))
            } else {
                status(unit, state.per_sec(), left)
            };
            let _ = out.write_str(&text);
        })
}

/// The rate and the remaining time.
fn status(unit: Unit, rate: f64, left: u64) -> String {
    if left == 0 {
        return "waiting for the server".into();
    }
    let speed = format!("{}/s", unit.amount(whole(rate)));
    match remaining(rate, left) {
        Some(time) => format!("{speed}, {} left", duration(time)),
        None => speed,
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
const fn whole(number: f64) -> u64 {
    number.round() as u64
}

/// Rows per second.
#[allow(clippy::cast_precision_loss, reason = "for people")]
pub fn rate(rows: u64, time: Duration) -> String {
    format!("{} rows/s", HumanCount(whole(rows as f64 / time.as_secs_f64().max(0.001))))
}

#[allow(clippy::cast_precision_loss, reason = "an estimate")]
fn remaining(rate: f64, left: u64) -> Option<Duration> {
    Duration::try_from_secs_f64(left as f64 / rate).ok().filter(|time| time.as_secs() < 1_000_000)
}

/// A duration for people.
pub fn duration(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_rates_read_well() {
        for (seconds, text) in [(0.04, "40 ms"), (5.25, "5.2 s"), (61.9, "1 min 1 s"), (7260.0, "2 h 1 min")]
        {
            assert_eq!(duration(Duration::from_secs_f64(seconds)), text);
        }
        assert_eq!(rate(100_000, Duration::from_secs(4)), "25,000 rows/s");
        assert_eq!(rate(5, Duration::ZERO), "5,000 rows/s");
    }

    #[test]
    fn the_rest_says_how_long_it_will_take() {
        assert_eq!(status(Unit::Rows, 2000.0, 10_000), "2,000 rows/s, 5.0 s left");
        assert_eq!(status(Unit::Rows, 0.0, 10_000), "0 rows/s");
        assert_eq!(status(Unit::Bytes, 2048.0, 4096), "2.00 KiB/s, 2.0 s left");
        assert_eq!(status(Unit::Bytes, 1.0, 0), "waiting for the server");
    }
}
