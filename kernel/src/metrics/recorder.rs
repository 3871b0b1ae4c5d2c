//! The recorder of the process: where counters and histograms are kept between two looks at them.

use super::{
    declared::{ALL, LIMITER_LOCAL, Type},
    unix_seconds,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use std::{sync::OnceLock, time::Duration};

/// How often samples are sorted into their buckets, if nobody looks; until then each takes memory.
const UPKEEP: Duration = Duration::from_secs(5);

struct Installed {
    handle: PrometheusHandle,
    started: f64,
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

/// Begins to measure. To be called when a process starts, before anything that is measured; later calls
/// change nothing. In a process that never calls it, measuring does nothing.
pub fn install() {
    INSTALLED.get_or_init(|| {
        let recorder = recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("something else measures in this process; there are no metrics");
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
    // A counter without labels is there from the start, so that its first rise is seen as one.
    metrics::counter!(LIMITER_LOCAL.name).increment(0);
}

/// A thread, since it belongs to the process and not to one of its runtimes.
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

/// The counters and histograms, as Prometheus reads them; nothing where nothing is measured.
pub(super) fn rendered() -> String {
    INSTALLED.get().map(|installed| installed.handle.render()).unwrap_or_default()
}

/// When measuring began, in seconds since 1970.
pub(super) fn started() -> Option<f64> {
    INSTALLED.get().map(|installed| installed.started)
}
