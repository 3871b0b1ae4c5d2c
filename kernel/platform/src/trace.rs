//! One trace from a request through its jobs, by W3C's trace context. Where nothing is traced
//! (`traces.endpoint`), nothing here does anything.

use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator},
    trace::Status,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The target of the spans that make up traces, and that give each line of the log its request's id. They
/// have their own, and are of level error, so that they are there whatever is logged.
pub const TARGET: &str = "switchyard::scope";

/// The header that a trace comes and goes with.
pub const HEADER: &str = "traceparent";

/// Where the current span is in its trace, as `traceparent` says it; none where nothing is traced.
pub fn traceparent() -> Option<String> {
    let mut carrier = Carrier(None);
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut carrier);
    carrier.0
}

/// Makes a span that has not been entered yet go on with the trace of a `traceparent`. One that cannot be
/// read begins a trace of its own, as W3C asks.
pub fn go_on(span: &Span, traceparent: Option<&str>) {
    if let Some(traceparent) = traceparent {
        let carrier = Carrier(Some(traceparent.to_owned()));
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
        // Fails where nothing is traced.
        let _ = span.set_parent(parent);
    }
}

/// Adds to the trace what is only known at the end, and whether it went wrong.
pub fn ended(span: &Span, name: &'static str, value: impl Into<opentelemetry::Value>, well: bool) {
    span.set_attribute(name, value);
    if !well {
        span.set_status(Status::error(""));
    }
}

/// Carries `traceparent` alone: what vendors add to it beside ours (`tracestate`) ends here.
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
