//! Refusals in this contract's envelope: the one place where they get their words.

use super::{
    schema::{ErrorCode, ErrorResponse},
    vocabulary::VOCABULARY,
};
use edge::{
    ApiError, RequestId,
    document::{
        SharedAnswer,
        applies::{always, changes, has_body, has_query, is_secured, names_object},
    },
    types::Success,
};
use platform::Error;
use poem::{
    Response,
    http::{HeaderValue, header},
};
use poem_openapi::types::ToJSON;
use serde_json::{Value, json};

/// The answer to a refused request.
pub fn envelope(refusal: ApiError, request_id: &RequestId) -> Response {
    let status = refusal.status();
    let is_unknown = matches!(refusal, ApiError::Kernel(Error::Unauthorized(_)));
    let (error, message, details) = words(refusal, request_id);
    let body = ErrorResponse { success: Success, error, message, details };
    let mut answer =
        Response::builder().status(status).content_type("application/json").body(body.to_json_string());
    if is_unknown {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

fn words(refusal: ApiError, request_id: &RequestId) -> (ErrorCode, String, Option<Value>) {
    let text = refusal.public_text(request_id);
    match refusal {
        ApiError::Kernel(error) => match error {
            Error::Invalid { faults, .. } => {
                let faults: Vec<_> = faults.into_iter().map(|fault| VOCABULARY.fault(fault)).collect();
                (ErrorCode::ValidationError, text, Some(json!({ "errors": faults })))
            }
            Error::Unauthorized(_) => (ErrorCode::Unauthorized, text, None),
            Error::Forbidden(_) => (ErrorCode::Forbidden, text, None),
            Error::NotFound(_) => (ErrorCode::NotFound, text, None),
            Error::Conflict { field, .. } => {
                (ErrorCode::Conflict, text, field.map(|field| json!({ "field": VOCABULARY.path(field) })))
            }
            // No operation of this contract has quotas, rules of this kind or calls to other systems.
            Error::QuotaExceeded(_) | Error::RuleViolated { .. } => (ErrorCode::Conflict, text, None),
            Error::TooLarge(_) => (ErrorCode::PayloadTooLarge, text, None),
            Error::TooMany { .. } => (ErrorCode::RateLimitExceeded, text, None),
            Error::Upstream { .. } | Error::Unavailable { .. } => (ErrorCode::ServiceUnavailable, text, None),
            Error::Internal(_) => (ErrorCode::InternalError, text, None),
        },
        ApiError::TooManyRequests(..) => (ErrorCode::RateLimitExceeded, text, None),
        ApiError::NotAcceptable(_) => (ErrorCode::NotAcceptable, text, None),
        ApiError::Answered(_) => (ErrorCode::Conflict, text, None),
        ApiError::KeyReused => (ErrorCode::IdempotencyKeyReused, text, None),
        ApiError::KeyInUse => (ErrorCode::Conflict, text, Some(json!({ "field": "Idempotency-Key" }))),
        ApiError::UnknownPath => (ErrorCode::NotFound, text, None),
        ApiError::MethodNotAllowed(_) => (ErrorCode::MethodNotAllowed, text, None),
        ApiError::UnsupportedMediaType(_) => (ErrorCode::UnsupportedMediaType, text, None),
        ApiError::TooSlow => (ErrorCode::RequestTimeout, text, None),
    }
}

/// Operations whose body names another object.
const NAMING: &[&str] = &["testWebhook", "createTicket", "createSubscription", "createProvisioningRequest"];

/// The refusals that operations share, as they are documented.
pub const SHARED: &[SharedAnswer] = &[
    answer(
        400,
        "ValidationError",
        "Validation error; `details.errors` lists every fault",
        &[],
        |operation| has_body(operation) || changes(operation) || has_query(operation),
    ),
    answer(
        401,
        "Unauthorized",
        "The API key is missing, invalid, expired or revoked",
        &[("WWW-Authenticate", "`Bearer`")],
        is_secured,
    ),
    answer(
        403,
        "Forbidden",
        "The key lacks the required scope, or is not allowed from this address",
        &[],
        is_secured,
    ),
    answer(
        404,
        "NotFound",
        "The object does not exist or belongs to another organization",
        &[],
        |operation| names_object(operation) || NAMING.iter().any(|id| operation["operationId"] == *id),
    ),
    answer(406, "NotAcceptable", "The operation has no response of an acceptable media type", &[], always),
    answer(408, "RequestTimeout", "The request body took too long to arrive", &[], has_body),
    answer(
        409,
        "Conflict",
        "The object already exists (`details.field` names the field), its state does not allow the operation, or the \
         first request with this `Idempotency-Key` is still in progress",
        &[("Retry-After", "Seconds to wait before retrying a request that is still in progress")],
        changes,
    ),
    answer(413, "PayloadTooLarge", "The request body is too large", &[], has_body),
    answer(415, "UnsupportedMediaType", "The media type of the request body is not supported", &[], has_body),
    answer(
        422,
        "IdempotencyKeyReused",
        "The `Idempotency-Key` was already used with a different request",
        &[],
        changes,
    ),
    answer(
        429,
        "RateLimitExceeded",
        "Too many requests per minute, per day or at the same time",
        &[("Retry-After", "Seconds until the limit resets")],
        always,
    ),
    answer(500, "InternalError", "Internal error; the message contains only the request ID", &[], always),
    answer(
        503,
        "ServiceUnavailable",
        "The service is temporarily unavailable or took too long to respond. Retry with the same `Idempotency-Key`",
        &[("Retry-After", "Seconds to wait before retrying")],
        always,
    ),
];

const fn answer(
    status: u16,
    name: &'static str,
    description: &'static str,
    headers: &'static [(&'static str, &'static str)],
    applies: fn(&Value) -> bool,
) -> SharedAnswer {
    SharedAnswer { status, name, description, headers, schema: "ErrorResponse", applies }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::error::{Fault, Field, Term};

    async fn answered(refusal: impl Into<ApiError>) -> (u16, Value, Response) {
        let request = poem::Request::builder().header("x-request-id", "request-1").finish();
        let mut answer = envelope(refusal.into(), &RequestId::of(&request));
        let body = answer.take_body().into_json().await.unwrap();
        (answer.status().as_u16(), body, answer)
    }

    #[tokio::test]
    async fn faults_are_listed() {
        let (status, body, _) = answered(Error::invalid(Fault::at("a.b", "is required"))).await;
        assert_eq!(status, 400);
        assert_eq!(body["details"], json!({ "errors": [{ "field": "a.b", "message": "is required" }] }));
        assert_eq!((&body["success"], &body["error"]), (&json!(false), &json!("VALIDATION_ERROR")));
    }

    #[tokio::test]
    async fn fields_have_the_words_of_this_contract() {
        let terms = &[Term::NewInstall, Term::Cancelled];
        let fault = Fault::with_terms(Field::RequestType, "cannot be {}: the subscription is {}", terms);
        let (_, body, _) = answered(Error::invalid(fault)).await;
        let message = "cannot be NEW_INSTALL: the subscription is CANCELLED";
        assert_eq!(body["details"]["errors"], json!([{ "field": "requestType", "message": message }]));
        let taken = Error::Conflict { message: "is taken".into(), field: Some(Field::Plan) };
        let (_, body, _) = answered(taken).await;
        assert_eq!(body["details"], json!({ "field": "serviceTier" }));
    }

    #[tokio::test]
    async fn nothing_internal_is_told() {
        let (status, body, _) = answered(Error::internal("secret cause")).await;
        assert_eq!(status, 500);
        assert!(!body.to_string().contains("secret") && body.to_string().contains("request-1"));
    }

    #[tokio::test]
    async fn who_is_unknown_is_told_how_to_show_a_key() {
        let (_, _, answer) = answered(Error::Unauthorized("no")).await;
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}
