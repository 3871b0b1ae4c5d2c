//! Rate limits: every request is counted for its key or, without one, its address (IPv6: its /64); every response has
//! the caller's limits.

use super::{ApiError, Contract, RequestContext, Result};
use crate::state::App;
use futures::StreamExt;
use kernel::limits::{self, Guard, Quota, RateLimitStatus, WINDOWS, Window};
use platform::metrics::{self, Limit};
use poem::{
    Body, Response,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Headers of the IETF draft (draft-ietf-httpapi-ratelimit-headers-11).
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STANDING: HeaderName = HeaderName::from_static("ratelimit");

/// Counts the request. `TooManyRequests` if a window is exhausted, or too many are in flight.
pub async fn take(app: &App, contract: &'static str, session: &mut RequestContext) -> Result<Guard<String>> {
    let (caller, quota) = subject(app, contract, session);
    let standing = app.limiter.take(&caller, quota).await;
    session.standing = Some(standing);
    if !standing.admitted {
        metrics::limiter_refused(contract, reached(&standing, session));
        return Err(over(&standing));
    }
    let most = app.kernel.settings.limits.in_flight;
    app.in_flight.enter(caller).ok_or_else(|| {
        metrics::limiter_refused(contract, Limit::InFlight);
        ApiError::TooManyRequests(format!("More than {most} requests at once"), Duration::from_secs(1))
    })
}

/// Adds the state of a caller whose request is rejected by another limit.
pub async fn look(app: &App, contract: &'static str, session: &mut RequestContext) {
    let (caller, quota) = subject(app, contract, session);
    session.standing = Some(app.limiter.look(&caller, quota).await);
    metrics::limiter_refused(contract, Limit::Anonymous);
}

/// The caller to count, and its limits.
fn subject(app: &App, contract: &str, session: &RequestContext) -> (String, Quota) {
    let settings = &app.kernel.settings;
    let quota = if let Some(principal) = &session.principal {
        settings.plans.get(contract, &principal.plan).map_or([u64::MAX; 2], limits::quota)
    } else {
        [settings.limits.anonymous_minute as u64, settings.limits.anonymous_day as u64]
    };
    (session.caller(), quota)
}

const fn reached(standing: &RateLimitStatus, session: &RequestContext) -> Limit {
    match (&session.principal, standing.day.remaining) {
        (None, _) => Limit::Anonymous,
        (Some(_), 0) => Limit::Day,
        (Some(_), _) => Limit::Minute,
    }
}

fn over(standing: &RateLimitStatus) -> ApiError {
    let why = match (standing.day.remaining, standing.minute.remaining) {
        (0, _) => format!("More than {} requests in a day", standing.day.limit),
        _ => format!("More than {} requests in a minute", standing.minute.limit),
    };
    ApiError::TooManyRequests(why, standing.retry_after())
}

/// Adds the caller's state: the contract's headers, and those of the IETF draft.
pub fn add_headers(contract: &dyn Contract, standing: &RateLimitStatus, headers: &mut HeaderMap) {
    let RateLimitStatus { minute, day, .. } = standing;
    let policy = format!(
        "\"minute\";q={};w={}, \"day\";q={};w={}",
        minute.limit,
        WINDOWS[0].as_secs(),
        day.limit,
        WINDOWS[1].as_secs()
    );
    let now = format!(
        "\"minute\";r={};t={}, \"day\";r={};t={}",
        minute.remaining,
        seconds(minute.resets_in),
        day.remaining,
        seconds(day.resets_in)
    );
    let own = contract.limit_headers(standing);
    headers.reserve(own.len() + 2);
    for (name, value) in own.into_iter().chain([(POLICY, policy), (STANDING, now)]) {
        if let Ok(value) = HeaderValue::from_maybe_shared(value) {
            headers.insert(name, value);
        }
    }
}

/// The Unix second at which a window ends, rounded up.
pub fn ends_at(window: &Window) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now + window.resets_in).as_secs() + 1
}

/// Whole seconds, rounded up: after that time the window has ended.
pub fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// An event stream is in flight until its end, other requests until their response.
pub fn hold(guard: Guard<String>, mut answer: Response) -> Response {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        let stream = answer.take_body().into_bytes_stream().map(move |chunk| {
            let _under_way = &guard;
            chunk
        });
        answer.set_body(Body::from_bytes_stream(stream));
    }
    answer
}
