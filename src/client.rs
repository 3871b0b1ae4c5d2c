//! A client of the partner contract that retries while the server is unavailable.

use anyhow::Context;
use platform::{error::Fault, retry::OutageBackoff};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, header::RETRY_AFTER, redirect::Policy};
use serde::Deserialize;
use serde_json::Value;
use std::{
    fmt,
    time::{Duration, Instant},
};

/// How long requests are retried while the server is unavailable or asks for a delay.
const PATIENCE: Duration = Duration::from_mins(1);

/// Timeout of a short request.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Sends requests to one server with one key.
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
}

impl Client {
    /// `base` is the contract's base URL: `http://127.0.0.1:3010/partner`.
    pub fn new(base: &str, key: String) -> anyhow::Result<Self> {
        let url = Url::parse(base).with_context(|| format!("`{base}` is not a URL"))?;
        Ok(Self { http: http(&url)?, base: url.as_str().trim_end_matches('/').into(), key })
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A request with the key.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path)).header("X-API-Key", &self.key)
    }

    /// A GET request with a timeout.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.short(Method::GET, path)
    }

    /// A request with a timeout.
    pub fn short(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).timeout(TIMEOUT)
    }
}

/// An HTTP client for this URL. It does not follow redirects.
pub fn http(url: &Url) -> reqwest::Result<reqwest::Client> {
    let builder =
        reqwest::Client::builder().redirect(Policy::none()).connect_timeout(Duration::from_secs(10));
    // The environment's proxy is not for local requests.
    if is_loopback(url) { builder.no_proxy().build() } else { builder.build() }
}

/// Sends a request. An unsuccessful response is an [`ApiError`].
pub async fn answer(request: RequestBuilder) -> anyhow::Result<Response> {
    let answer = request.send().await?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    let (status, retry_after) = (answer.status(), retry_after(&answer));
    let body = answer.bytes().await.unwrap_or_default();
    let envelope = serde_json::from_slice(&body).unwrap_or_default();
    Err(ApiError { status, retry_after, envelope }.into())
}

/// Retries while the server asks to come back later or is unavailable. `repeatable` says whether an attempt that
/// failed with this error may be made again.
pub async fn persist<T>(
    attempt: impl AsyncFn() -> anyhow::Result<T>,
    repeatable: impl Fn(&reqwest::Error) -> bool,
) -> anyhow::Result<T> {
    let (since, mut outage) = (Instant::now(), OutageBackoff::new());
    loop {
        let error = match attempt().await {
            Err(error) if since.elapsed() < PATIENCE => error,
            done => return done,
        };
        match (error.downcast_ref::<ApiError>(), error.downcast_ref::<reqwest::Error>()) {
            (Some(ApiError { retry_after: Some(pause), .. }), _) => tokio::time::sleep(*pause).await,
            (Some(api_error), _) if api_error.is_busy() => outage.wait_for("server", api_error).await,
            (_, Some(away)) if repeatable(away) => outage.wait_for("server", &format!("{error:#}")).await,
            _ => return Err(error),
        }
    }
}

/// For requests that are safe to repeat.
pub fn always(error: &reqwest::Error) -> bool {
    !error.is_builder()
}

/// For requests that must not be repeated once they may have reached the server.
pub fn never_sent(error: &reqwest::Error) -> bool {
    error.is_connect()
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// The delay requested by the response, if any.
fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    let later = is_busy(answer.status()) || answer.status() == StatusCode::CONFLICT;
    later.then(|| Duration::from_secs(seconds).clamp(Duration::from_millis(100), PATIENCE))
}

const fn is_busy(status: StatusCode) -> bool {
    matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS)
}

/// An error response.
#[derive(Debug)]
pub struct ApiError {
    /// The status.
    pub status: StatusCode,
    retry_after: Option<Duration>,
    envelope: Envelope,
}

impl ApiError {
    const fn is_busy(&self) -> bool {
        is_busy(self.status)
    }

    /// Whether one of its faults is about this field of the request.
    pub fn is_about(&self, field: &str) -> bool {
        let faults = self.envelope.details["errors"].as_array();
        faults.is_some_and(|faults| faults.iter().any(|fault| fault["field"] == field))
    }
}

#[derive(Debug, Default, Deserialize)]
struct Envelope {
    /// OAuth 2 uses another name.
    #[serde(alias = "error_description")]
    message: String,
    #[serde(default)]
    details: Value,
}

/// Maximum number of faults shown.
const MAX_SHOWN: usize = 20;

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, envelope: Envelope { message, details }, .. } = self;
        write!(
            f,
            "rejected by the server: {} ({status})",
            if message.is_empty() { "no reason given" } else { message }
        )?;
        let faults = faults(details);
        faults.iter().take(MAX_SHOWN).try_for_each(|fault| write!(f, "\n  {fault}"))?;
        match faults.len().saturating_sub(MAX_SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n  … and {more} more"),
        }
    }
}

impl std::error::Error for ApiError {}

/// The faults of an error response, one per line.
fn faults(details: &Value) -> Vec<String> {
    match details.get("errors").unwrap_or(details) {
        Value::Null => vec![],
        Value::Array(faults) => faults.iter().map(fault).collect(),
        other => vec![other.to_string()],
    }
}

/// `line 3, email: must be …`; other values unchanged.
fn fault(fault: &Value) -> String {
    let text = |name: &str| fault.get(name).and_then(Value::as_str);
    let number = |name: &str| fault.get(name).and_then(Value::as_u64);
    let Some(message) = text("message") else { return fault.to_string() };
    let of_field = Fault::at(text("field").unwrap_or_default(), message);
    Fault { row: number("row"), line: number("line"), ..of_field }.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn api_error(envelope: Envelope) -> ApiError {
        ApiError { status: StatusCode::BAD_REQUEST, retry_after: None, envelope }
    }

    #[test]
    fn a_refusal_names_line_and_field() {
        let envelope = json!({ "success": false, "error": "VALIDATION_ERROR", "message": "Invalid request data",
            "details": { "errors": [{ "row": 3, "line": 5, "field": "email", "message": "is required" }, { "field": "zip", "message": "bad" },
                { "message": "empty file" }, 7] } });
        let envelope = serde_json::from_value(envelope).unwrap();
        let refused = api_error(envelope);
        let text = refused.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "rejected by the server: Invalid request data (400 Bad Request)");
        assert!(refused.is_about("zip") && !refused.is_about("city"));
        assert_eq!(lines[1..], ["  line 5, email: is required", "  zip: bad", "  empty file", "  7"]);
    }

    #[test]
    fn many_faults_are_cut_short() {
        let details = json!(vec![json!({ "message": "bad" }); MAX_SHOWN + 3]);
        let envelope = Envelope { message: "Invalid".into(), details };
        let text = api_error(envelope).to_string();
        assert!(text.ends_with("bad\n  … and 3 more"));
    }

    #[test]
    fn addresses_may_end_with_a_slash() {
        let client = Client::new("http://127.0.0.1:1/partner/", "k".into()).unwrap();
        assert_eq!(client.url("/api"), "http://127.0.0.1:1/partner/api");
        assert!(Client::new("127.0.0.1", "k".into()).is_err());
    }
}
