//! Traces a request through its jobs, with W3C's trace context. Without `traces.endpoint` nothing here has an effect.

use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator},
    trace::Status,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The target of the spans that make up traces, and that add the request id to each log line. They have their own
/// target and level error, so that they exist whatever is logged.
pub const TARGET: &str = "switchyard::scope";

/// The header of the trace context.
pub const HEADER: &str = "traceparent";

/// The `traceparent` of the current span; `None` if nothing is traced.
pub fn traceparent() -> Option<String> {
    let mut carrier = Carrier(None);
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut carrier);
    carrier.0
}

/// Sets the parent of a span that has not been entered yet. With an invalid `traceparent` it starts a new trace, as W3C
/// requires.
pub fn set_parent(span: &Span, traceparent: Option<&str>) {
    if let Some(traceparent) = traceparent {
        let carrier = Carrier(Some(traceparent.to_owned()));
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
        // Fails if nothing is traced.
        let _ = span.set_parent(parent);
    }
}

/// Adds the final attributes and the status to the span.
pub fn ended(span: &Span, name: &'static str, value: impl Into<opentelemetry::Value>, well: bool) {
    span.set_attribute(name, value);
    if !well {
        span.set_status(Status::error(""));
    }
}

/// Propagates `traceparent` alone, not `tracestate`.
struct Carrier(Option<String>);

impl Injector for Carrier {
    fn set(&mut self, key: &str, value: String) {
        if key == HEADER {
            self.0 = Some(value);
        }
    }
}

impl Extractor for Carrier {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.as_deref().filter(|_| key == HEADER)
    }

    fn keys(&self) -> Vec<&str> {
        vec![HEADER]
    }
}
