//! Errors in this contract's envelope: the one place where they get their codes (documentation, "Errors").

mod code;

use super::{
    schema::{ApiErrorDetail, ApiErrorEnvelope},
    vocabulary::VOCABULARY,
};
use code::{ErrorCode, ErrorType};
use edge::{
    ApiError, RequestId,
    document::{
        SharedAnswer,
        applies::{always, changes, has_body, has_parameters, is_secured, names_object},
    },
};
use platform::{Error, error::Fault};
use poem::{
    Response,
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::types::ToJSON;
use serde_json::Value;

/// The response to a rejected request.
pub fn envelope(refusal: ApiError, request_id: &RequestId) -> Response {
    let status = refusal.status();
    let code = ErrorCode::of(&refusal);
    let (message, param) = match refusal {
        ApiError::Kernel(Error::Invalid { message, faults }) => described(message, faults),
        ApiError::Kernel(Error::Conflict { message, field }) => {
            (message, field.map(|field| VOCABULARY.path(field).to_owned()))
        }
        other => (other.public_text(request_id), None),
    };
    let error = ApiErrorDetail {
        kind: ErrorType::of(status).as_str().into(),
        code: code.as_str().into(),
        message,
        param,
        request_id: request_id.to_string(),
    };
    let body = ApiErrorEnvelope { error }.to_json_string();
    let mut answer = Response::builder().status(status).content_type("application/json").body(body);
    if status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

/// The message with all faults, and the field of the first.
fn described(message: String, faults: Vec<Fault>) -> (String, Option<String>) {
    let faults: Vec<_> = faults.into_iter().map(|fault| VOCABULARY.fault(fault)).collect();
    let param = faults.first().map(|fault| fault.field.to_string()).filter(|field| !field.is_empty());
    let texts: Vec<_> = faults.iter().map(ToString::to_string).collect();
    (if texts.is_empty() { message } else { texts.join("; ") }, param)
}

/// Operations whose query or body names another object.
const NAMING: &[&str] = &["listWebhookDeliveries", "bulkReplayWebhookDeliveries"];

/// The errors that operations share, as they are documented.
pub const SHARED: &[SharedAnswer] = &[
    answer(400, "InvalidRequest", "Validation failure; `param` names the first invalid field", &[], |it| {
        has_parameters(it) || has_body(it)
    }),
    answer(
        401,
        "Unauthenticated",
        "The API key is missing, invalid, expired or revoked",
        &[("WWW-Authenticate", "`Bearer`")],
        is_secured,
    ),
    answer(
        402,
        "QuotaExceeded",
        "A quota of the organization is used up (`quota_exceeded`)",
        &[],
        of_customers,
    ),
    answer(
        403,
        "PermissionDenied",
        "The key lacks the required scope, or is not allowed from this address",
        &[],
        is_secured,
    ),
    answer(
        404,
        "NotFound",
        "The object does not exist, or belongs to another organization",
        &[],
        |operation| names_object(operation) || NAMING.iter().any(|id| operation["operationId"] == *id),
    ),
    answer(406, "NotAcceptable", "The operation has no response of an acceptable media type", &[], always),
    answer(408, "RequestTimeout", "The request body took too long to arrive", &[], has_body),
    answer(
        409,
        "Conflict",
        "The object's state does not allow the operation, or the first request with this `Idempotency-Key` is still in \
         progress (`idempotency_in_progress`)",
        &[("Retry-After", "Seconds to wait before retrying a request that is still in progress")],
        changes,
    ),
    answer(413, "PayloadTooLarge", "The request body is too large", &[], has_body),
    answer(415, "UnsupportedMediaType", "The media type of the request body is not supported", &[], has_body),
    answer(
        422,
        "Unprocessable",
        "The state of an object does not allow the request, or the `Idempotency-Key` was used with a different request \
         (`idempotency_key_reuse`)",
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

/// The reference has a 402 at all operations of customers.
fn of_customers(operation: &Value) -> bool {
    operation["tags"][0] == "Customers"
}

const fn answer(
    status: u16,
    name: &'static str,
    description: &'static str,
    headers: &'static [(&'static str, &'static str)],
    applies: fn(&Value) -> bool,
) -> SharedAnswer {
    SharedAnswer { status, name, description, headers, schema: "ApiErrorEnvelope", applies }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::error::{Field, Rule};
    use serde_json::json;

    async fn answered(refusal: impl Into<ApiError>) -> (u16, Value) {
        let request = poem::Request::builder().header("x-request-id", "request-1").finish();
        let answer = envelope(refusal.into(), &RequestId::of(&request));
        let status = answer.status().as_u16();
        let mut body = answer.into_body().into_json::<Value>().await.unwrap();
        (status, body["error"].take())
    }

    #[tokio::test]
    async fn a_fault_names_its_field() {
        let fault = Fault::field(Field::SuccessUrl, "must be an absolute URL");
        let (status, error) = answered(Error::invalid(fault)).await;
        let expected = json!({
            "type": "invalid_request_error", "code": "invalid_field_value", "param": "success_redirect_url",
            "message": "success_redirect_url: must be an absolute URL", "request_id": "request-1",
        });
        assert_eq!((status, error), (400, expected));
        let (_, error) = answered(Error::invalid(Fault::at("name", "is required"))).await;
        assert_eq!(error["code"], "missing_required_field");
        let (_, error) = answered(Error::invalid(Fault::at("limit", "is wrong"))).await;
        assert_eq!(error["code"], "invalid_limit");
    }

    #[tokio::test]
    async fn codes_follow_the_error() {
        let violated = Error::RuleViolated { rule: Rule::CustomerSuspended, message: "no".into() };
        for (refusal, status, kind, code) in [
            (ApiError::from(Error::Unauthorized("no")), 401, "authentication_error", "invalid_api_key"),
            (Error::QuotaExceeded("no".into()).into(), 402, "permission_error", "quota_exceeded"),
            (Error::NotFound("Customer").into(), 404, "not_found", "resource_not_found"),
            (ApiError::KeyInUse, 409, "conflict", "idempotency_in_progress"),
            (ApiError::KeyReused, 422, "invalid_request_error", "idempotency_key_reuse"),
            (violated.into(), 422, "invalid_request_error", "customer_suspended"),
            (Error::internal("secret cause").into(), 500, "api_error", "internal_error"),
            (
                Error::Upstream { message: "no".into(), after: None }.into(),
                502,
                "api_error",
                "upstream_error",
            ),
        ] {
            let (found, error) = answered(refusal).await;
            assert_eq!((found, &error["type"], &error["code"]), (status, &json!(kind), &json!(code)));
            assert!(error.get("param").is_none() && !error.to_string().contains("secret"));
        }
    }
}
