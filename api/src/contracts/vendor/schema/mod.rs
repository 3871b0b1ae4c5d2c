//! The wire objects and their conversions. A field's rule is stated here and nowhere else.

mod envelope;
mod keys;
mod token;

pub use envelope::{ErrorDetail, ErrorResponse};
pub use keys::{Key, KeySet};
pub use token::{TokenError, TokenErrorCode, TokenRequest, TokenResponse, TokenType};
