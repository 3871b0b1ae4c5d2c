//! What every refusal is wrapped in, but those of the token endpoint.

use kernel::error::Fault;
use poem_openapi::Object;

/// A refusal.
#[derive(Debug, Object)]
pub struct ErrorResponse {
    /// The HTTP status.
    pub status: u16,
    /// The status in words.
    pub error: String,
    /// What is wrong, for people.
    pub message: String,
    /// Each thing that is wrong.
    #[oai(skip_serializing_if_is_none)]
    pub details: Option<Vec<ErrorDetail>>,
}

/// One thing that is wrong.
#[derive(Debug, Object)]
pub struct ErrorDetail {
    /// Path of the field; empty for the whole.
    pub field: String,
    /// What is wrong with it, for people.
    pub message: String,
}

impl From<Fault> for ErrorDetail {
    fn from(fault: Fault) -> Self {
        Self { field: fault.field, message: fault.message }
    }
}
