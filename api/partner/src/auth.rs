//! Who calls: an API key, in `X-API-Key` or as a bearer token.

use edge::{Alternative, Scheme, authorization};
use kernel::auth::CredentialKind;
use poem::http::HeaderMap;
use poem_openapi::registry::MetaSecurityScheme;
use serde_json::Value;

/// The contract's security schemes.
pub struct ApiKey;

/// Who calls an operation.
pub type Caller = edge::Caller<ApiKey>;

impl Scheme for ApiKey {
    const ALTERNATIVES: &'static [Alternative] = &[
        Alternative { name: "ApiKeyAuth", admits: CredentialKind::Key, declaration: || API_KEY },
        Alternative { name: "BearerAuth", admits: CredentialKind::Key, declaration: || BEARER },
    ];
}

/// The scope that an operation needs: its resource, by its tag, and whether it changes something.
pub(super) fn scopes(method: &str, operation: &Value) -> Vec<String> {
    let resource = match operation["tags"][0].as_str() {
        Some("Bulk Operations") => "bulk".to_owned(),
        Some("IP Management") => "ips".to_owned(),
        Some(tag) => tag.to_lowercase(),
        None => return vec![],
    };
    vec![format!("{resource}:{}", if method == "get" { "read" } else { "write" })]
}

/// The key that the request came with. What is not text is no key.
pub(super) fn presented(headers: &HeaderMap) -> Option<&str> {
    let own = headers.get("x-api-key").and_then(|value| value.to_str().ok()).map(str::trim);
    own.or_else(|| authorization(headers, "bearer")).filter(|key| !key.is_empty())
}

const API_KEY: MetaSecurityScheme = MetaSecurityScheme {
    ty: "apiKey",
    description: Some("Partner API key for authentication"),
    name: Some("X-API-Key"),
    key_in: Some("header"),
    scheme: None,
    bearer_format: None,
    flows: None,
    openid_connect_url: None,
};

const BEARER: MetaSecurityScheme = MetaSecurityScheme {
    ty: "http",
    description: Some("The same key as a bearer token"),
    name: None,
    key_in: None,
    scheme: Some("bearer"),
    bearer_format: None,
    flows: None,
    openid_connect_url: None,
};

#[cfg(test)]
mod tests {
    use super::presented;
    use poem::http::{HeaderMap, HeaderName, HeaderValue};

    fn of(name: &'static str, value: &[u8]) -> Option<String> {
        let value = HeaderValue::from_bytes(value).unwrap();
        let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value)]);
        presented(&headers).map(str::to_owned)
    }

    #[test]
    fn both_headers_carry_a_key() {
        assert_eq!(of("x-api-key", b"pk_1").as_deref(), Some("pk_1"));
        assert_eq!(of("authorization", b"bearer  pk_1").as_deref(), Some("pk_1"));
    }

    #[test]
    fn other_things_are_no_key() {
        assert_eq!(of("x-api-key", b""), None);
        assert_eq!(of("x-api-key", b"\xff\xfe"), None);
        assert_eq!(of("authorization", b"Basic pk_1"), None);
        assert_eq!(of("authorization", b"Bearer"), None);
    }
}
