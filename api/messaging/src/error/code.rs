//! The types and codes of errors (documentation, "Errors").

use edge::ApiError;
use platform::{
    Error,
    error::{EXPIRED, Fault, Field, FieldPath, Rule},
};
use poem::http::StatusCode;

/// The type of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorType {
    /// The request is invalid.
    InvalidRequest,
    /// The credential is missing or invalid.
    Authentication,
    /// The credential is not sufficient, or a quota is used up.
    Permission,
    /// There is no such object.
    NotFound,
    /// The object is not in a state for it.
    Conflict,
    /// Too many requests.
    RateLimit,
    /// Not the caller's fault.
    Api,
}

impl ErrorType {
    /// The type of errors with a status.
    pub fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Authentication,
            402 | 403 => Self::Permission,
            404 => Self::NotFound,
            409 => Self::Conflict,
            429 => Self::RateLimit,
            500.. => Self::Api,
            _ => Self::InvalidRequest,
        }
    }

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request_error",
            Self::Authentication => "authentication_error",
            Self::Permission => "permission_error",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::RateLimit => "rate_limit_error",
            Self::Api => "api_error",
        }
    }
}

/// The code of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode(&'static str);

impl ErrorCode {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The code of an error.
    pub fn of(refusal: &ApiError) -> Self {
        Self(match refusal {
            ApiError::Kernel(error) => of_kernel(error),
            ApiError::TooManyRequests(..) => "rate_limit_exceeded",
            ApiError::NotAcceptable(_) => "not_acceptable",
            ApiError::KeyReused => "idempotency_key_reuse",
            ApiError::KeyInUse | ApiError::Answered(_) => "idempotency_in_progress",
            ApiError::UnknownPath => "resource_not_found",
            ApiError::MethodNotAllowed(_) => "method_not_allowed",
            ApiError::UnsupportedMediaType(_) => "unsupported_media_type",
            ApiError::TooSlow => "request_timeout",
        })
    }
}

fn of_kernel(error: &Error) -> &'static str {
    match error {
        Error::Invalid { faults, .. } => faults.first().map_or("invalid_field_value", of_fault),
        Error::Unauthorized(why) if *why == EXPIRED => "expired_api_key",
        Error::Unauthorized(_) => "invalid_api_key",
        Error::Forbidden(_) => "insufficient_scope",
        Error::NotFound(_) => "resource_not_found",
        Error::Conflict { .. } => "conflict",
        Error::QuotaExceeded(_) => "quota_exceeded",
        Error::RuleViolated { rule, .. } => of_rule(*rule),
        Error::Upstream { .. } => "upstream_error",
        Error::TooLarge(_) => "payload_too_large",
        Error::TooMany { .. } => "rate_limit_exceeded",
        Error::Unavailable { .. } => "service_unavailable",
        Error::Internal(_) => "internal_error",
    }
}

fn of_fault(fault: &Fault) -> &'static str {
    match &fault.field {
        _ if fault.message == edge::schema::REQUIRED => "missing_required_field",
        FieldPath::Domain(Field::Url) => "invalid_webhook_url",
        FieldPath::Domain(Field::Phone) => "invalid_phone_number",
        FieldPath::Domain(Field::Cursor) => "invalid_cursor",
        FieldPath::Given(path) if path == "limit" => "invalid_limit",
        FieldPath::Given(path) if path == "cursor" => "invalid_cursor",
        _ => "invalid_field_value",
    }
}

const fn of_rule(rule: Rule) -> &'static str {
    match rule {
        Rule::LastSecret => "last_secret",
        Rule::CustomerSuspended => "customer_suspended",
        Rule::AccountDisconnected => "upstream_error",
        Rule::AccountRestricted => "account_restricted",
        Rule::MarketingOptedOut => "marketing_opted_out",
        Rule::ConsentRequired => "consent_required",
        Rule::TemplateNotFound => "template_not_found",
        Rule::TemplatePaused => "template_paused",
        Rule::WindowClosed => "outside_24h_window",
    }
}
