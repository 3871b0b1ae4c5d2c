//! What every refusal is wrapped in, but those of the token endpoint.

use platform::error::Fault;
use poem_openapi::Object;

/// An error response.
#[derive(Debug, Object)]
pub struct ErrorResponse {
    /// The HTTP status.
    pub status: u16,
    /// The status in words.
    pub error: String,
    /// What is wrong, as text for people.
    pub message: String,
    /// Each fault.
    #[oai(skip_serializing_if_is_none)]
    pub details: Option<Vec<ErrorDetail>>,
}

/// A fault.
#[derive(Debug, Object)]
pub struct ErrorDetail {
    /// Path of the field; empty for the whole request.
    pub field: String,
    /// What is wrong with it, as text for people.
    pub message: String,
}

impl From<Fault> for ErrorDetail {
    fn from(fault: Fault) -> Self {
        Self { field: fault.field.to_string(), message: fault.message }
    }
}
