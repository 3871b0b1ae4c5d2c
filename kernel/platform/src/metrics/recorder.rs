//! The recorder of counters and histograms of the process.

use super::{
    declared::{ALL, LIMITER_LOCAL, Type},
    unix_seconds,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use std::{sync::OnceLock, time::Duration};

/// How often samples are moved to their buckets without a scrape; until then each takes memory.
const UPKEEP: Duration = Duration::from_secs(5);

struct Installed {
    handle: PrometheusHandle,
    started: f64,
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

/// Starts recording. Call it when a process starts; later calls have no effect. In a process that never calls it,
/// nothing is recorded.
pub fn install() {
    INSTALLED.get_or_init(|| {
        let recorder = recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another recorder is installed in this process; there are no metrics");
        }
        describe();
        keep_up(handle.clone());
        Installed { handle, started: unix_seconds() }
    });
}

fn recorder() -> PrometheusRecorder {
    let builder = ALL.iter().fold(PrometheusBuilder::new(), |builder, metric| match metric.kind {
        Type::Histogram(bounds) => builder
            .set_buckets_for_metric(Matcher::Full(metric.name.into()), bounds)
            .expect("every histogram has buckets"),
        Type::Counter | Type::Gauge => builder,
    });
    builder.build_recorder()
}

fn describe() {
    for metric in ALL {
        match metric.kind {
            Type::Counter => metrics::describe_counter!(metric.name, metric.help),
            Type::Histogram(_) => {
                metrics::describe_histogram!(metric.name, metrics::Unit::Seconds, metric.help);
            }
            Type::Gauge => {}
        }
    }
    // Counters without labels are registered at the start, so that the first increment is visible.
    metrics::counter!(LIMITER_LOCAL.name).increment(0);
}

/// A thread, because it belongs to the process, not to one of its runtimes.
fn keep_up(handle: PrometheusHandle) {
    let upkeep = move || {
        loop {
            std::thread::sleep(UPKEEP);
            handle.run_upkeep();
        }
    };
    if let Err(error) = std::thread::Builder::new().name("metrics".into()).spawn(upkeep) {
        tracing::warn!(%error, "metrics take memory until they are asked for");
    }
}

/// The counters and histograms in Prometheus' text format; empty if nothing is recorded.
pub fn rendered() -> String {
    INSTALLED.get().map(|installed| installed.handle.render()).unwrap_or_default()
}

/// The start of recording, in seconds since 1970.
pub fn started() -> Option<f64> {
    INSTALLED.get().map(|installed| installed.started)
}
