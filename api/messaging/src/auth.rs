//! Who calls: an API key, as a bearer token.

use edge::{Alternative, Scheme, authorization};
use kernel::auth::CredentialKind;
use poem::http::HeaderMap;
use poem_openapi::registry::MetaSecurityScheme;
use serde_json::Value;

/// The contract's security scheme.
pub struct ApiKey;

/// Who calls an operation.
pub type Caller = edge::Caller<ApiKey>;

impl Scheme for ApiKey {
    const ALTERNATIVES: &'static [Alternative] =
        &[Alternative { name: "bearerAuth", admits: CredentialKind::Key, declaration: || BEARER }];
}

/// The scope that an operation needs: its resource, by its tag, and whether it changes something.
pub(super) fn scopes(method: &str, operation: &Value) -> Vec<String> {
    let resource = match operation["tags"][0].as_str() {
        Some("Meta") | None => return vec![],
        Some("Webhook Subscriptions" | "Webhook Deliveries") => "webhooks".to_owned(),
        Some(tag) => tag.to_lowercase(),
    };
    vec![format!("{resource}:{}", if method == "get" { "read" } else { "write" })]
}

/// The key that the request came with.
pub(super) fn presented(headers: &HeaderMap) -> Option<&str> {
    authorization(headers, "bearer").filter(|key| !key.is_empty())
}

const BEARER: MetaSecurityScheme = MetaSecurityScheme {
    ty: "http",
    description: Some("API key: `kdv_live_…` or `kdv_test_…`"),
    name: None,
    key_in: None,
    scheme: Some("bearer"),
    bearer_format: None,
    flows: None,
    openid_connect_url: None,
};
