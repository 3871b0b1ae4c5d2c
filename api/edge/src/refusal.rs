//! Errors of requests: the kernel's and those of HTTP. Each contract maps them to its envelope.

use super::RequestId;
use crate::document::Document;
use kernel::idempotency::StoredResponse;
use platform::{
    Error,
    error::{Dependency, Fault, Faults, MESSAGE, REASON, shortened},
};
use poem::{
    error::{MethodNotAllowedError, NotFoundError, ParsePathError, ResponseError},
    http::{HeaderValue, Method, StatusCode, Uri},
};
use poem_openapi::{
    ApiResponse,
    error::{ParseParamError, ParsePathError as BadParameterInPath},
    registry::{MetaResponses, Registry},
};
use std::{fmt, time::Duration};

/// The `Retry-After` of an unavailable service or a request in progress.
const SOON: Duration = Duration::from_secs(1);

/// The result of handlers and extractors.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

/// The error of a request.
#[derive(Debug)]
pub enum ApiError {
    /// The operation's own error.
    Kernel(Error),
    /// A limit is exceeded: which, and when to retry.
    TooManyRequests(String, Duration),
    /// No response has a media type accepted by the caller; these are available.
    NotAcceptable(String),
    /// The `Idempotency-Key` was used with another request.
    KeyReused,
    /// The first request with this `Idempotency-Key` is in progress.
    KeyInUse,
    /// There is a stored response.
    Answered(Box<StoredResponse>),
    /// The path is unknown.
    UnknownPath,
    /// The path has other methods: these.
    MethodNotAllowed(String),
    /// The operation accepts other media types: these.
    UnsupportedMediaType(&'static str),
    /// The body did not arrive in time.
    TooSlow,
}

impl ApiError {
    /// Converts an error of the framework. `method` and `uri` are the request's, `document` is its contract's.
    pub fn of(error: poem::Error, document: &Document, method: &Method, uri: &Uri) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(refusal) => return refusal,
            Err(error) => error,
        };
        if let Some(bad) = error.downcast_ref::<ParseParamError>() {
            return invalid(parameters(document, method, uri, bad));
        }
        // A path with invalid escapes matches nothing.
        if error.is::<NotFoundError>() || error.is::<ParsePathError>() || error.is::<BadParameterInPath>() {
            return Self::UnknownPath;
        }
        if error.is::<MethodNotAllowedError>() {
            return Self::MethodNotAllowed(document.methods(uri.path()).join(", "));
        }
        match error.status() {
            status if status.is_client_error() => {
                invalid(vec![Fault::at("", status.canonical_reason().unwrap_or("Bad request"))])
            }
            _ => Error::internal(error).into(),
        }
    }

    /// The error of a request without an operation.
    pub fn no_operation(document: &Document, uri: &Uri) -> Self {
        match document.methods(uri.path()) {
            none if none.is_empty() => Self::UnknownPath,
            methods => Self::MethodNotAllowed(methods.join(", ")),
        }
    }

    /// The error, with texts shortened to the size of a response: they may contain the caller's input.
    #[must_use]
    pub fn bounded(self) -> Self {
        match self {
            Self::Kernel(Error::Invalid { message, faults }) => {
                let mut bounded = Faults::default();
                bounded.extend(faults);
                bounded.into_error(&message).into()
            }
            Self::Kernel(Error::Internal(cause)) => Error::Internal(shortened(cause, REASON)).into(),
            Self::Kernel(Error::Conflict { message, field }) => {
                Error::Conflict { message: shortened(message, MESSAGE), field }.into()
            }
            other => other,
        }
    }

    /// When a retry may succeed.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests(_, after) => Some(*after),
            Self::Kernel(Error::Upstream { after, .. }) => *after,
            Self::KeyInUse | Self::Kernel(Error::Unavailable { .. }) => Some(SOON),
            _ => None,
        }
    }

    /// The allowed methods of the path.
    pub fn allowed(&self) -> Option<HeaderValue> {
        let Self::MethodNotAllowed(allowed) = self else { return None };
        HeaderValue::from_str(allowed).ok()
    }

    /// The message for the caller, without internal details.
    pub fn public_text(&self, request_id: &RequestId) -> String {
        let text = match self {
            Self::Kernel(Error::Invalid { message, .. }) => message.clone(),
            Self::Kernel(Error::Unavailable { .. }) => "Temporarily unavailable, please try again".into(),
            Self::Kernel(Error::Internal(_)) => format!("Internal error; request {request_id}"),
            other => other.to_string(),
        };
        shortened(text, MESSAGE)
    }

    /// Internal errors are logged; the request's span has its id.
    pub fn log(&self) {
        match self {
            Self::Kernel(Error::Internal(cause)) => tracing::error!(cause, "request failed"),
            Self::Kernel(Error::Unavailable { what, cause }) => {
                tracing::debug!(what = what.as_str(), cause, "unavailable");
            }
            _ => {}
        }
    }

    /// Whether the database did not respond.
    pub const fn is_without_database(&self) -> bool {
        matches!(self, Self::Kernel(Error::Unavailable { what: Dependency::Database, .. }))
    }

    /// The HTTP status.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Kernel(error) => match error {
                Error::Invalid { .. } => StatusCode::BAD_REQUEST,
                Error::Unauthorized(_) => StatusCode::UNAUTHORIZED,
                Error::Forbidden(_) => StatusCode::FORBIDDEN,
                Error::NotFound(_) => StatusCode::NOT_FOUND,
                Error::Conflict { .. } => StatusCode::CONFLICT,
                Error::QuotaExceeded(_) => StatusCode::PAYMENT_REQUIRED,
                Error::RuleViolated { .. } => StatusCode::UNPROCESSABLE_ENTITY,
                Error::Upstream { .. } => StatusCode::BAD_GATEWAY,
                Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
                Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
                Error::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
                Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Self::TooManyRequests(..) => StatusCode::TOO_MANY_REQUESTS,
            Self::NotAcceptable(_) => StatusCode::NOT_ACCEPTABLE,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::KeyInUse => StatusCode::CONFLICT,
            Self::Answered(_) => StatusCode::OK,
            Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

/// The errors of all query parameters; the framework returns only the first.
fn parameters(document: &Document, method: &Method, uri: &Uri, bad: &ParseParamError) -> Vec<Fault> {
    let found = document.query_faults(method, uri.path(), uri.query().unwrap_or_default());
    if found.is_empty() { vec![Fault::at(bad.name, "is not valid")] } else { found }
}

fn invalid(faults: Vec<Fault>) -> ApiError {
    Error::Invalid { message: "Invalid request data".into(), faults }.into()
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::TooMany { message, after } => Self::TooManyRequests(message, after),
            error => Self::Kernel(error),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel(error) => error.fmt(f),
            Self::TooManyRequests(why, _) => f.write_str(why),
            Self::NotAcceptable(produced) => write!(f, "The answer is {produced}, which is not accepted"),
            Self::KeyReused => f.write_str("This Idempotency-Key came with another request before"),
            Self::KeyInUse => f.write_str("The first request with this Idempotency-Key is still under way"),
            Self::Answered(_) => f.write_str("The request was answered before"),
            Self::UnknownPath => f.write_str("There is nothing at this path"),
            Self::MethodNotAllowed(allowed) => {
                write!(f, "This path does not support the method; supported: {allowed}")
            }
            Self::UnsupportedMediaType(taken) => write!(f, "The body must be {taken}"),
            Self::TooSlow => f.write_str("The body took too long to arrive"),
        }
    }
}

impl std::error::Error for ApiError {}

/// Errors are documented by the contract, as common responses.
impl ApiResponse for ApiError {
    fn meta() -> MetaResponses {
        MetaResponses { responses: vec![] }
    }

    fn register(_: &mut Registry) {}
}

impl ResponseError for ApiError {
    fn status(&self) -> StatusCode {
        self.status()
    }
}
