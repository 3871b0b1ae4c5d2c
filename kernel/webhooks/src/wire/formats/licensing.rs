//! Webhooks of the licensing contract. It has endpoints and secrets, but specifies neither body nor signature: both are
//! those of Standard Webhooks.

use crate::wire::{PayloadFormat, Signing, standard_body};
use http::HeaderMap;
use platform::error::Result;

/// The contract specifies none; that of the partner contract.
const MINIMUM: usize = 16;

pub(super) static FORMAT: PayloadFormat =
    PayloadFormat { minimum: Some(MINIMUM), body: standard_body, headers };

#[allow(clippy::unnecessary_wraps, reason = "the shape is that of all contracts")]
fn headers(_: &Signing<'_>, _: &mut HeaderMap) -> Result<()> {
    Ok(())
}
