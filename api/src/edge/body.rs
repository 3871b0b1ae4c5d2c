//! JSON bodies: bounded, parsed once, and when they are refused, explained fault by fault.

use super::{Refusal, Result};
use crate::{schema::Wire, state::App};
use bytes::Bytes;
use futures::StreamExt;
use kernel::{Error, error::Fault};
use poem::{Body, Request, RequestBody, error::ReadBodyError, http::header};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, Registry},
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// A JSON request body. Refused: another media type (415), more than `http.body_limit` (413), what is no
/// JSON or breaks a rule of the wire object (400, with every fault).
pub struct JsonBody<T>(pub T);

const MEDIA_TYPE: &str = "application/json";

impl<'a, T: Wire> ApiExtractor<'a> for JsonBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: MEDIA_TYPE, schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        if media_type(request) != MEDIA_TYPE {
            return Err(Refusal::UnsupportedMediaType(MEDIA_TYPE).into());
        }
        let bytes = read(request, body.take()?).await?;
        Ok(Self(parse(&bytes).map_err(Refusal::from)?))
    }
}

/// The request's media type in lower case, without parameters such as the charset.
pub fn media_type(request: &Request) -> String {
    let given = request.header(header::CONTENT_TYPE).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The length that the request says its body has, in bytes.
pub fn declared_length(request: &Request) -> Option<u64> {
    request.header(header::CONTENT_LENGTH)?.parse().ok()
}

/// All of a body that fits in memory, whatever its media type. `TooLarge` beyond `http.body_limit`, `TooSlow`
/// when it has not arrived within `http.read_timeout`.
pub async fn read(request: &Request, body: Body) -> Result<Bytes> {
    let app = request.data::<Arc<App>>().ok_or_else(|| Error::internal("no state"))?;
    let settings = &app.kernel.settings.http;
    let limit = settings.body_limit;
    if declared_length(request).is_some_and(|length| length > limit) {
        if !request.headers().contains_key(header::EXPECT) {
            discard(body).await;
        }
        return Err(too_large(limit).into());
    }
    let reading = body.into_bytes_limit(usize::try_from(limit).unwrap_or(usize::MAX));
    match tokio::time::timeout(settings.read_timeout, reading).await {
        Err(_) => Err(Refusal::TooSlow),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(ReadBodyError::PayloadTooLarge)) => Err(too_large(limit).into()),
        Ok(Err(error)) => {
            Err(Error::invalid(Fault::field("", format!("The body broke off: {error}"))).into())
        }
    }
}

fn too_large(limit: u64) -> Error {
    Error::TooLarge(format!("The body is larger than {limit} bytes"))
}

/// Reads on for a moment what is not wanted any more: many clients only look for the answer once they have
/// sent everything, and see a reset connection instead when it is closed before. Not for those who wait to
/// be asked (`Expect`), since reading is asking.
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
    // Too slow a sender is cut off, which is all that is left to do.
    let _ = tokio::time::timeout(Duration::from_secs(2), reading).await;
}

/// Parses once; only a refused body is looked at again.
fn parse<T: Wire>(bytes: &[u8]) -> Result<T, Error> {
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| malformed(bytes, &error))?;
    T::read(&mut value);
    T::parse_from_json(Some(value)).or_else(|_| look_again(bytes))
}

fn malformed(bytes: &[u8], error: &serde_json::Error) -> Error {
    let message = if bytes.is_empty() {
        "The body is empty".to_owned()
    } else {
        format!("The body is not valid JSON: {error}")
    };
    Error::Invalid { message: message.clone(), faults: vec![Fault::field("", message)] }
}

/// All that is wrong with a body, unless it is that an integer was written with a fraction: to JSON Schema (2020-12,
/// 4.2.3) `23.0` is one.
fn look_again<T: Wire>(bytes: &[u8]) -> Result<T, Error> {
    let mut value = serde_json::from_slice(bytes).unwrap_or_default();
    T::read(&mut value);
    let mut faults = T::schema().faults(&value, T::ROWS);
    if faults.is_empty() {
        without_fractions(&mut value);
        if let Ok(parsed) = T::parse_from_json(Some(value)) {
            return Ok(parsed);
        }
        faults.push(Fault::field("", "The body does not have the form that is documented"));
    }
    Err(Error::Invalid { message: "Invalid request data".into(), faults })
}

/// Writes numbers that are whole as integers, as far as that is exact.
fn without_fractions(value: &mut Value) {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_fractions),
        Value::Object(object) => object.values_mut().for_each(without_fractions),
        Value::Number(number) if number.is_f64() => {
            let whole = number.as_f64().filter(|it| it.fract() == 0.0 && it.abs() <= EXACT);
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and in range")]
            if let Some(whole) = whole {
                *value = (whole as i64).into();
            }
        }
        _ => {}
    }
}
