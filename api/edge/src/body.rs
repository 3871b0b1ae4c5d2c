//! The bytes of a body, limited in size and time.

use super::{ApiError, Result};
use crate::state::App;
use bytes::Bytes;
use futures::StreamExt;
use platform::{Error, error::Fault};
use poem::{Body, Request, error::ReadBodyError, http::header};
use std::{sync::Arc, time::Duration};

/// The request's media type in lower case, without parameters such as the charset.
pub fn media_type(request: &Request) -> String {
    let given = request.header(header::CONTENT_TYPE).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The request's `Content-Length`.
pub fn declared_length(request: &Request) -> Option<u64> {
    request.header(header::CONTENT_LENGTH)?.parse().ok()
}

/// Reads a body into memory, whatever its media type. `TooLarge` beyond `http.body_limit`, `TooSlow` if it takes longer
/// than `http.read_timeout`.
pub async fn read(request: &Request, body: Body) -> Result<Bytes> {
    let settings = &state(request)?.kernel.settings.http;
    let limit = settings.body_limit;
    if declared_length(request).is_some_and(|length| length > limit) {
        if !request.headers().contains_key(header::EXPECT) {
            discard(body).await;
        }
        return Err(too_large(limit).into());
    }
    let reading = body.into_bytes_limit(usize::try_from(limit).unwrap_or(usize::MAX));
    match tokio::time::timeout(settings.read_timeout, reading).await {
        Err(_) => Err(ApiError::TooSlow),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(ReadBodyError::PayloadTooLarge)) => Err(too_large(limit).into()),
        Ok(Err(error)) => Err(Error::invalid(Fault::at("", format!("The body broke off: {error}"))).into()),
    }
}

fn too_large(limit: u64) -> Error {
    Error::TooLarge(format!("The body is larger than {limit} bytes"))
}

/// Drains the rest of a rejected body for a moment: many clients read the response only after sending everything, and
/// otherwise see a reset connection. Not for clients that wait for `100 Continue` (`Expect`), since reading sends it.
pub async fn discard(body: Body) {
    const AT_MOST: usize = 32 << 20;
    let mut left = AT_MOST;
    let mut stream = Box::pin(body.into_bytes_stream());
    let reading = async {
        while let Some(Ok(chunk)) = stream.next().await
            && left > chunk.len()
        {
            left -= chunk.len();
        }
    };
    // A sender that is too slow is cut off.
    let _ = tokio::time::timeout(Duration::from_secs(2), reading).await;
}

/// The state of the API.
pub fn state(request: &Request) -> Result<&Arc<App>> {
    Ok(request.data::<Arc<App>>().ok_or_else(|| Error::internal("no state"))?)
}
