//! Exports traces to an OTLP collector in batches, on a separate thread.

use opentelemetry::{
    KeyValue,
    trace::{SpanKind, TracerProvider},
};
use opentelemetry_otlp::{Protocol, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter},
};
use platform::{config::Traces, trace::TARGET};
use std::{
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};
use uuid::Uuid;

/// Timeout of a batch.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a stopping process waits for the last batch.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// A layer that exports spans; `None` without a configured collector, which need not be running yet.
pub fn layer<S>(settings: &Traces) -> anyhow::Result<Option<impl Layer<S> + use<S>>>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    if settings.endpoint.is_empty() {
        return Ok(None);
    }
    let provider = provider(settings)?;
    let tracer = provider.tracer("switchyard");
    // Not set if there is a logger already.
    let _ = PROVIDER.set(provider);
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false);
    // Only spans: events may contain data that is not for a collector.
    let ours = filter_fn(|it| it.is_span() && it.target() == TARGET).with_max_level_hint(LevelFilter::ERROR);
    Ok(Some(layer.with_filter(ours)))
}

/// Sends the remaining spans. Call once, at the end of the process; takes at most two seconds.
pub fn stop() {
    if let Some(provider) = PROVIDER.get()
        && let Err(error) = provider.shutdown_with_timeout(SHUTDOWN_GRACE)
    {
        tracing::warn!(%error, "the last traces may be lost");
    }
}

fn provider(settings: &Traces) -> anyhow::Result<SdkTracerProvider> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", settings.endpoint.trim_end_matches('/')))
        .with_timeout(PATIENCE)
        .build()?;
    let resource = Resource::builder()
        .with_service_name("switchyard")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("service.instance.id", Uuid::now_v7().to_string()))
        .build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(Exporter { inner: exporter, failing: AtomicBool::new(false) })
        .with_sampler(sampler(settings.sample_percent))
        .with_resource(resource)
        .build())
}

/// The originator of a trace decides whether it is sampled: the caller, otherwise this process.
#[allow(clippy::cast_precision_loss, reason = "a percentage")]
fn sampler(percent: usize) -> Sampler {
    Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(percent as f64 / 100.0)))
}

/// Gives spans the names and kinds of OpenTelemetry's conventions, and logs when the collector becomes unavailable and
/// when it is back.
#[derive(Debug)]
struct Exporter<E> {
    inner: E,
    failing: AtomicBool,
}

impl<E: SpanExporter> SpanExporter for Exporter<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        batch.iter_mut().for_each(name);
        let outcome = self.inner.export(batch).await;
        let failed_before = self.failing.swap(outcome.is_err(), Ordering::Relaxed);
        match &outcome {
            Err(error) if !failed_before => {
                tracing::warn!(%error, "the collector does not accept traces; they are lost");
            }
            Ok(()) if failed_before => tracing::info!("the collector accepts traces again"),
            _ => {}
        }
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// A request is named after method and route, a job after its kind.
fn name(span: &mut SpanData) {
    let named = |span: &SpanData, key| {
        let attribute = span.attributes.iter().find(|it: &&KeyValue| it.key.as_str() == key);
        attribute.map(|it| it.value.as_str().into_owned()).unwrap_or_default()
    };
    match &*span.name {
        "request" => {
            span.name = format!("{} {}", named(span, "method"), named(span, "route")).into();
            span.span_kind = SpanKind::Server;
        }
        "job" => {
            span.name = format!("job {}", named(span, "kind")).into();
            span.span_kind = SpanKind::Consumer;
        }
        _ => {}
    }
}
