//! The header that credentials come in.

use poem::http::{HeaderMap, header};

/// What follows the scheme in `Authorization`, if it is this one (in lower case). What is not text is nothing.
pub fn authorization<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (given, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}
