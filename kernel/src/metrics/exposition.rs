//! The text that Prometheus reads (exposition format 0.0.4), for gauges.

use super::declared::Metric;
use std::fmt::Write;

/// Grows metric by metric.
#[derive(Default)]
pub(super) struct Exposition(String);

/// The labels of a value, each a name and a value of our own making: nothing that would have to be escaped.
pub(super) type Labels<'a> = &'a [(&'a str, &'a str)];

impl Exposition {
    /// A gauge with its values; without any it is left out.
    pub(super) fn gauge<'a>(&mut self, metric: &Metric, values: impl IntoIterator<Item = (Labels<'a>, f64)>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return;
        }
        let Metric { name, help, .. } = metric;
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in values {
            let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(self.0, "{name}{labels} {value}");
        }
    }

    /// What has been written.
    pub(super) fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::declared::{BUILD_INFO, START_TIME};

    #[test]
    fn a_gauge_has_a_head_and_a_line_a_value() {
        let mut text = Exposition::default();
        text.gauge(&BUILD_INFO, [(&[("a", "x"), ("b", "y")] as Labels, 1.0), (&[("a", "z")], 2.5)]);
        text.gauge(&START_TIME, [(&[] as Labels, 1_700_000_000.25)]);
        let text = text.into_text();
        assert!(text.starts_with("# HELP switchyard_build_info 1, with"), "{text}");
        assert!(
            text.contains("# TYPE switchyard_build_info gauge\nswitchyard_build_info{a=\"x\",b=\"y\"} 1\n")
        );
        assert!(text.contains("\nswitchyard_build_info{a=\"z\"} 2.5\n"), "{text}");
        assert!(text.ends_with("gauge\nswitchyard_start_time_seconds 1700000000.25\n"), "{text}");
    }

    #[test]
    fn a_gauge_without_values_is_left_out() {
        let mut text = Exposition::default();
        text.gauge(&BUILD_INFO, []);
        assert_eq!(text.into_text(), "");
    }
}
