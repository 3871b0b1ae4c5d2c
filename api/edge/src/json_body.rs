//! JSON bodies: parsed once, and validated in detail if invalid.

use super::{ApiError, RequestContext, Result, idempotency};
use crate::{
    body::{media_type, read, state},
    schema::{Limits, Wire, fault_at},
    types::whole,
};
use bytes::Bytes;
use platform::{
    Error,
    error::{Fault, Faults},
    json,
};
use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, Registry},
};
use serde_json::Value;
use std::sync::Arc;

/// A JSON request body. It may be missing if nothing in it is required, and then counts as `{}`, whatever its media
/// type. Errors: another media type (415), more than `http.body_limit` (413), invalid JSON or values (400, with all
/// errors).
pub struct JsonBody<T>(pub T, Vec<Fault>);

impl<T: Wire> JsonBody<T> {
    /// `Invalid` for a body with properties of which none is known. Earlier changes are rolled back.
    pub fn ensure_known(&self) -> Result<()> {
        if self.1.is_empty() { Ok(()) } else { Err(refused(self.1.clone()).into()) }
    }
}

const MEDIA_TYPE: &str = "application/json";

/// The value of a missing body.
const EMPTY_OBJECT: Bytes = Bytes::from_static(b"{}");

/// Bodies up to this size are parsed in place, which costs less than switching threads.
const AT_ONCE: usize = 64 << 10;

impl<'a, T: Wire> ApiExtractor<'a> for JsonBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: MEDIA_TYPE, schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: !T::schema().allows_empty() })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let (is_json, is_optional) = (media_type(request) == MEDIA_TYPE, T::schema().allows_empty());
        if !is_json && !is_optional {
            return Err(ApiError::UnsupportedMediaType(MEDIA_TYPE).into());
        }
        let bytes = read(request, body.take()?).await?;
        let parsed = match (bytes.is_empty() && is_optional, is_json) {
            (true, _) => checked(request, &EMPTY_OBJECT).await?,
            (false, true) => checked(request, &bytes).await?,
            (false, false) => return Err(ApiError::UnsupportedMediaType(MEDIA_TYPE).into()),
        };
        idempotency::claim_with(session(request)?, &bytes).await?;
        Ok(parsed)
    }
}

fn session(request: &Request) -> Result<&Arc<RequestContext>> {
    Ok(request.data::<Arc<RequestContext>>().ok_or_else(|| Error::internal("no session"))?)
}

/// A valid body, or its errors.
async fn checked<T: Wire>(request: &Request, bytes: &Bytes) -> Result<JsonBody<T>> {
    let limits = Limits::of_settings(&state(request)?.kernel.settings);
    let is_large = bytes.len() > AT_ONCE;
    if !is_large && let Some(parsed) = parse(bytes, limits) {
        return Ok(parsed);
    }
    let bytes = bytes.clone();
    let parsed = exclusively(request, move || {
        let parsed = if is_large { parse(&bytes, limits) } else { None };
        parsed.map_or_else(|| examine(&bytes, limits), Ok)
    });
    parsed.await
}

/// Processes a large or invalid body on a blocking thread, one at a time per caller, so that a caller's bodies together
/// take no more memory and processor time than one of them.
async fn exclusively<T: Send + 'static>(
    request: &Request,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T> {
    let guard = state(request)?.body_locks.lock(session(request)?.caller()).await;
    let working = tokio::task::spawn_blocking(move || {
        // Held until the work is done, even if the client has disconnected.
        let _guard = guard;
        work()
    });
    Ok(working.await.map_err(Error::internal)??)
}

/// Parses a valid body; others are validated in detail.
fn parse<T: Wire>(bytes: &[u8], limits: Limits) -> Option<JsonBody<T>> {
    let value = T::read(bytes).ok()?;
    let unknown = T::schema().unknown(&value, T::ROWS);
    if !unknown.is_empty() && !T::REFUSES_UNKNOWN_LATER {
        return None;
    }
    let faults = T::schema().sizes(&value, T::ROWS, limits, Faults::default());
    let parsed = if faults.is_empty() { T::parse_from_json(Some(value)).ok() } else { None };
    parsed.map(|parsed| JsonBody(parsed, unknown))
}

fn refused(faults: Vec<Fault>) -> Error {
    Error::Invalid { message: "Invalid request data".into(), faults }
}

fn malformed<T: Wire>(bytes: &[u8], error: &serde_json::Error) -> Error {
    if let Some(path) = json::number_out_of_range(bytes) {
        let mut faults = Faults::default();
        faults.push(fault_at(&path, T::ROWS, json::OUT_OF_RANGE));
        return faults.into_error("Invalid request data");
    }
    let message = if bytes.is_empty() {
        "The body is empty".to_owned()
    } else {
        format!("The body is not valid JSON: {error}")
    };
    Error::Invalid { message: message.clone(), faults: vec![Fault::at("", message)] }
}

/// The errors of a body: a size error alone, otherwise up to the maximum. Valid if an integer was only written with a
/// fraction: in JSON Schema (2020-12, 4.2.3) `23.0` is an integer.
fn examine<T: Wire>(bytes: &[u8], limits: Limits) -> Result<JsonBody<T>, Error> {
    let mut value = T::read(bytes).map_err(|error| malformed::<T>(bytes, &error))?;
    let mut faults = T::schema().sizes(&value, T::ROWS, limits, Faults::default());
    if faults.is_empty() {
        faults = T::schema().faults(&value, T::ROWS, faults);
    }
    if faults.is_empty() {
        without_fractions(&mut value);
        if let Ok(parsed) = T::parse_from_json(Some(value)) {
            return Ok(JsonBody(parsed, vec![]));
        }
        faults.push(Fault::at("", "The body does not have the form that is documented"));
    }
    Err(faults.into_error("Invalid request data"))
}

/// Converts whole numbers to integers where that is exact.
fn without_fractions(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_fractions),
        Value::Object(object) => object.values_mut().for_each(without_fractions),
        Value::Number(number) if number.is_f64() => {
            if let Some(whole) = number.as_f64().and_then(whole) {
                *value = whole.into();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{schema::wire, state::App, types::Text};
    use futures::FutureExt;
    use poem_openapi::Object;
    use std::{
        net::{IpAddr, Ipv4Addr},
        time::Duration,
    };

    #[derive(Debug, Object)]
    #[oai(rename_all = "camelCase")]
    struct Sample {
        email: Text,
        service_address: Place,
    }

    #[derive(Debug, Object)]
    struct Place {
        zip: Text,
    }

    #[derive(Debug, Object)]
    struct Samples {
        customers: Vec<Sample>,
    }

    wire!(Sample);
    wire!(Samples, rows in "customers");

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const GOOD: &str = r#"{"email":"a@example.com","serviceAddress":{"zip":"92025"}}"#;

    async fn extracted(app: Arc<App>, address: IpAddr, body: String) -> bool {
        let mut request = Request::builder().content_type(MEDIA_TYPE).finish();
        let session = RequestContext { address, ..RequestContext::of(&request) };
        request.extensions_mut().insert(Arc::new(session));
        request.extensions_mut().insert(app);
        let mut body = RequestBody::new(body.into());
        let options = ExtractParamOptions::default();
        JsonBody::<Sample>::from_request(&request, &mut body, options).await.is_ok()
    }

    #[test]
    fn a_number_out_of_range_is_named_by_its_path() {
        fn fault<T>(examined: Result<T, Error>) -> Fault {
            match examined {
                Err(Error::Invalid { faults, .. }) => faults[0].clone(),
                _ => panic!("it is taken, or refused for another reason"),
            }
        }
        let limits = Limits { text: 100, metadata: 100, payload: 100 };
        let body = br#"{"serviceAddress":{"zip":1e400}}"#;
        let found = fault(examine::<Sample>(body, limits));
        assert_eq!((found.row, found.field.as_str()), (None, "serviceAddress.zip"));
        assert!(found.message.contains("out of range"), "{found:?}");
        let body = br#"{"customers":[{},{"email":-1e400}]}"#;
        let found = fault(examine::<Samples>(body, limits));
        assert_eq!((found.row, found.field.as_str()), (Some(1), "email"));
    }

    #[tokio::test]
    async fn large_and_refused_bodies_of_a_caller_take_turns() {
        let app = crate::state::tests::app().await;
        tokio::time::pause();
        let extracted = |address, body| extracted(app.clone(), address, body);
        let guard = app.body_locks.lock(HERE.to_string()).await;
        assert_eq!(extracted(HERE, GOOD.into()).now_or_never(), Some(true), "a small good one does not wait");
        let large = GOOD.to_owned() + &" ".repeat(AT_ONCE);
        let (mut refused, mut large) =
            (Box::pin(extracted(HERE, "{}".into())), Box::pin(extracted(HERE, large)));
        for waiting in [&mut refused, &mut large] {
            let done = tokio::time::timeout(Duration::from_mins(1), waiting).await;
            assert!(done.is_err(), "it did not wait for its guard");
        }
        let other = Ipv4Addr::new(127, 0, 0, 2).into();
        assert!(!extracted(other, "{}".into()).await, "another caller's is refused meanwhile");
        drop(guard);
        assert_eq!((refused.await, large.await), (false, true));
    }
}
