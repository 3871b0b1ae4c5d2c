//! Gauges measured at each scrape, in Prometheus' text format.

use super::declared::Metric;
use metrics::{Label, describe_gauge, gauge, with_local_recorder};
use metrics_exporter_prometheus::PrometheusBuilder;

/// The labels of a value: names with values from a fixed set.
type Labels<'a> = &'a [(&'static str, &'a str)];

/// The gauges that `measure` sets, and no others: a value of an earlier scrape does not outlive its source.
pub fn render(measure: impl FnOnce()) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    with_local_recorder(&recorder, measure);
    recorder.handle().render()
}

/// Sets the value of a gauge, within [`render`].
pub fn set(metric: &Metric, labels: Labels<'_>, value: f64) {
    describe_gauge!(metric.name, metric.help);
    let labels: Vec<_> = labels.iter().map(|(name, value)| Label::new(*name, (*value).to_owned())).collect();
    gauge!(metric.name, labels).set(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::declared::{BUILD_INFO, START_TIME};

    #[test]
    fn a_gauge_has_a_head_and_a_line_a_value() {
        let text = render(|| {
            set(&BUILD_INFO, &[("a", "x"), ("b", "y")], 1.0);
            set(&BUILD_INFO, &[("a", "z")], 2.5);
            set(&START_TIME, &[], 1_700_000_000.25);
        });
        assert!(text.contains("# HELP switchyard_build_info 1, with"), "{text}");
        assert!(text.contains("\n# TYPE switchyard_build_info gauge\nswitchyard_build_info{a="), "{text}");
        assert!(text.contains("\nswitchyard_build_info{a=\"x\",b=\"y\"} 1\n"), "{text}");
        assert!(text.contains("\nswitchyard_build_info{a=\"z\"} 2.5\n"), "{text}");
        assert!(text.contains("gauge\nswitchyard_start_time_seconds 1700000000.25\n"), "{text}");
    }

    #[test]
    fn a_gauge_without_values_is_left_out() {
        assert_eq!(render(|| ()), "");
        render(|| set(&START_TIME, &[], 1.0));
        assert_eq!(render(|| ()), "", "nor is there one of another scrape");
    }
}
