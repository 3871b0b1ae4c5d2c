//! Refusals in this contract's envelope, and those of the token endpoint in that of RFC 6749.

use super::{
    routes,
    schema::{ErrorDetail, ErrorResponse, TokenError, TokenErrorCode},
    vocabulary::VOCABULARY,
};
use edge::{
    ApiError, RequestId,
    document::{
        SharedAnswer,
        applies::{self, changes, has_parameters, is_secured, names_object},
    },
};
use platform::{Error, error::Field};
use poem::{
    Response,
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::types::ToJSON;
use serde_json::Value;

/// The answer to a refused request.
pub fn envelope(refusal: ApiError, request_id: &RequestId) -> Response {
    let refusal = in_own_words(refusal);
    let (status, message) = (refusal.status(), refusal.public_text(request_id));
    let error = status.canonical_reason().unwrap_or_default().to_owned();
    let is_unknown = status == StatusCode::UNAUTHORIZED;
    let body = ErrorResponse { status: status.as_u16(), error, message, details: details(refusal) };
    let mut answer = json(status, body.to_json_string());
    if is_unknown {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

/// Names the id that is in use as the caller has written it.
fn in_own_words(refusal: ApiError) -> ApiError {
    match refusal {
        ApiError::Kernel(Error::Conflict {
            field:
                Some(
                    field
                    @ (Field::ProvisionRequestId | Field::ProvisionDetailId | Field::ProvisionAttemptId),
                ),
            ..
        }) => {
            let message = format!("{} is in use", VOCABULARY.path(field));
            Error::Conflict { message, field: Some(field) }.into()
        }
        other => other,
    }
}

fn details(refusal: ApiError) -> Option<Vec<ErrorDetail>> {
    match refusal {
        ApiError::Kernel(Error::Invalid { faults, .. }) => {
            Some(faults.into_iter().map(|fault| VOCABULARY.fault(fault).into()).collect())
        }
        ApiError::Kernel(Error::Conflict { message, field: Some(field) }) => {
            Some(vec![ErrorDetail { field: VOCABULARY.path(field).into(), message }])
        }
        _ => None,
    }
}

/// The answer of the token endpoint to what did not reach its operation, or failed within.
pub fn of_token(refusal: &ApiError, request_id: &RequestId) -> Response {
    let error = match refusal.status() {
        StatusCode::INTERNAL_SERVER_ERROR => TokenErrorCode::ServerError,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
            TokenErrorCode::TemporarilyUnavailable
        }
        _ => TokenErrorCode::InvalidRequest,
    };
    let body = TokenError { error, error_description: refusal.public_text(request_id) };
    let mut answer = json(refusal.status(), body.to_json_string());
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(routes::NO_STORE));
    answer
}

fn json(status: StatusCode, body: String) -> Response {
    Response::builder().status(status).content_type("application/json").body(body)
}

const AGAIN: &[(&str, &str)] = &[("Retry-After", "Seconds after which to try again")];

/// The refusals that operations share, as they are documented.
pub const SHARED: &[SharedAnswer] = &[
    of_token_endpoint(
        406,
        "TokenNotAcceptable",
        "The response is JSON, which the `Accept` header does not allow",
        &[],
    ),
    of_token_endpoint(408, "TokenRequestTimeout", "The body took too long to arrive", &[]),
    of_token_endpoint(413, "TokenRequestTooLarge", "The body is larger than this installation allows", &[]),
    of_token_endpoint(415, "TokenMediaType", "The body is neither a form nor JSON", &[]),
    of_token_endpoint(429, "TokenLimit", "Too many requests", AGAIN),
    of_token_endpoint(500, "TokenFailure", "Internal error; it names only the id of the request", &[]),
    of_token_endpoint(503, "TokenUnavailable", "A part of the service is temporarily unavailable", AGAIN),
    of_others(400, "BadRequest", "The request is invalid; `details` lists each fault", &[], |it| {
        !is_token(it) && (has_parameters(it) || applies::has_body(it))
    }),
    of_others(
        401,
        "Unauthorized",
        "The access token is missing, not valid or expired",
        &[("WWW-Authenticate", "`Bearer`")],
        is_secured,
    ),
    of_others(
        403,
        "Forbidden",
        "The token lacks the required scope or may not be used from this address, or the object belongs to the other \
         side (simulation or production)",
        &[],
        is_secured,
    ),
    of_others(404, "NotFound", "The object does not exist, or belongs to another vendor", &[], names_object),
    of_others(
        406,
        "NotAcceptable",
        "The operation has no response of a media type that the `Accept` header allows",
        &[],
        is_other,
    ),
    of_others(408, "RequestTimeout", "The body took too long to arrive", &[], has_body),
    of_others(
        409,
        "Conflict",
        "The request conflicts with the current state, or the first request with this `Idempotency-Key` is still in progress",
        &[("Retry-After", "For a request in progress: seconds after which to send it again")],
        changes,
    ),
    of_others(413, "PayloadTooLarge", "The body is larger than this installation allows", &[], has_body),
    of_others(415, "UnsupportedMediaType", "The media type of the body is not supported", &[], has_body),
    of_others(
        422,
        "IdempotencyKeyReused",
        "The `Idempotency-Key` was already used for a different request",
        &[],
        changes,
    ),
    of_others(
        429,
        "TooManyRequests",
        "Too many requests: per minute, per day, or at the same time",
        AGAIN,
        is_other,
    ),
    of_others(
        500,
        "InternalServerError",
        "Internal error; the message names only the id of the request",
        &[],
        is_other,
    ),
    of_others(503, "ServiceUnavailable", "A part of the service is temporarily unavailable", AGAIN, is_other),
];

type Headers = &'static [(&'static str, &'static str)];

const fn of_token_endpoint(
    status: u16,
    name: &'static str,
    description: &'static str,
    headers: Headers,
) -> SharedAnswer {
    SharedAnswer { status, name, description, headers, schema: "TokenError", applies: is_token }
}

const fn of_others(
    status: u16,
    name: &'static str,
    description: &'static str,
    headers: Headers,
    applies: fn(&Value) -> bool,
) -> SharedAnswer {
    SharedAnswer { status, name, description, headers, schema: "ErrorResponse", applies }
}

fn is_other(operation: &Value) -> bool {
    !is_token(operation)
}

fn has_body(operation: &Value) -> bool {
    is_other(operation) && applies::has_body(operation)
}

fn is_token(operation: &Value) -> bool {
    operation["operationId"] == routes::TOKEN_OPERATION
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::error::{Fault, Term};
    use serde_json::json;

    fn id() -> RequestId {
        RequestId::of(&poem::Request::builder().header("x-request-id", "request-1").finish())
    }

    async fn answered(refusal: impl Into<ApiError>) -> (u16, Value) {
        let answer = envelope(refusal.into(), &id());
        (answer.status().as_u16(), answer.into_body().into_json().await.unwrap())
    }

    #[tokio::test]
    async fn faults_are_listed() {
        let expected = json!({
            "status": 400, "error": "Bad Request", "message": "Invalid request data",
            "details": [{ "field": "a.b", "message": "is required" }],
        });
        assert_eq!(answered(Error::invalid(Fault::at("a.b", "is required"))).await, (400, expected));
        let expected = json!({ "status": 404, "error": "Not Found", "message": "Webhook not found" });
        assert_eq!(answered(Error::NotFound("Webhook")).await, (404, expected));
    }

    #[tokio::test]
    async fn fields_have_the_words_of_this_contract() {
        let taken = Error::Conflict { message: "?".into(), field: Some(Field::ProvisionDetailId) };
        let (_, body) = answered(taken).await;
        assert_eq!(body["message"], "provisionDetail.id is in use");
        let detail = json!({ "field": "provisionDetail.id", "message": "provisionDetail.id is in use" });
        assert_eq!(body["details"], json!([detail]));
        let text = "must be less than {}";
        let fault = Fault::with_terms(Field::MinimumAmount, text, &[Term::MaximumAmount]);
        let (_, body) = answered(Error::invalid(fault)).await;
        let field = "provisionRequest.commitment.volume.minAmount";
        assert_eq!(body["details"], json!([{ "field": field, "message": "must be less than maxAmount" }]));
    }

    #[tokio::test]
    async fn nothing_internal_is_told() {
        let (status, body) = answered(Error::internal("secret cause")).await;
        assert_eq!(status, 500);
        assert!(!body.to_string().contains("secret") && body.to_string().contains("request-1"));
        let answer = of_token(&Error::internal("secret cause").into(), &id());
        let body: Value = answer.into_body().into_json().await.unwrap();
        assert_eq!(
            body,
            json!({ "error": "server_error", "error_description": "Internal error; request request-1" })
        );
    }
}
