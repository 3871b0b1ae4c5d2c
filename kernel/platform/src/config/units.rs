//! Durations and sizes: a whole number and a unit, with nothing between them.

use std::time::Duration;

/// Names of units and what they are worth, smallest first.
type Units = [(&'static str, u64)];

const MILLISECONDS: &Units = &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const BYTES: &Units = &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// Reads a duration such as `15s`: a whole number and `ms`, `s`, `m`, `h` or `d`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    parse(text, MILLISECONDS).map(Duration::from_millis)
}

/// Writes a duration the way [`parse_duration`] reads it.
pub(super) fn show_duration(duration: Duration) -> String {
    show(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX), MILLISECONDS)
}

/// Reads a size such as `64KiB`, in bytes.
pub(super) fn parse_size(text: &str) -> Option<u64> {
    parse(text, BYTES)
}

/// Writes a size the way [`parse_size`] reads it.
pub(super) fn show_size(bytes: u64) -> String {
    show(bytes, BYTES)
}

fn parse(text: &str, units: &Units) -> Option<u64> {
    let end = text.find(|sign: char| !sign.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let (_, worth) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*worth)
}

/// In the largest unit that leaves no remainder.
fn show(value: u64, units: &Units) -> String {
    let fits = |(_, worth): &&(_, u64)| value >= *worth && value.is_multiple_of(*worth);
    let (name, worth) = units.iter().rfind(fits).unwrap_or(&units[0]);
    format!("{}{name}", value / worth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, milliseconds) in [
            ("0ms", 0),
            ("250ms", 250),
            ("15s", 15_000),
            ("5m", 300_000),
            ("23h", 82_800_000),
            ("7d", 604_800_000),
        ] {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!(parse_duration(text), Some(duration));
            assert_eq!(show_duration(duration), text);
        }
        assert_eq!(show_duration(Duration::from_hours(24)), "1d");
    }

    #[test]
    fn sizes_are_read_and_written() {
        for (text, bytes) in [("0B", 0), ("1B", 1), ("64KiB", 65_536), ("1MiB", 1 << 20), ("2GiB", 2 << 30)] {
            assert_eq!(parse_size(text), Some(bytes));
            assert_eq!(show_size(bytes), text);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "5", "s", "5 s", "-5s", "1.5h", "1m30s", "5S", "99999999999999999999s"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        assert_eq!(parse_duration("18446744073709551615d"), None);
        for text in ["1024", "1KB", "1kib", "1 MiB", "20000000000GiB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }
}
