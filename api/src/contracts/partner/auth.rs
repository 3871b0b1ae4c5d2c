//! Who calls: an API key, in `X-API-Key` or as a bearer token.

use crate::{
    edge::{RequestId, Result},
    state::App,
};
use entities::ids::OrganizationId;
use kernel::{Error, auth::Principal, events::Actor};
use poem::{Request, RequestBody, http::HeaderMap};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};
use std::sync::Arc;

/// An authenticated caller and the request it makes. As the first argument of a handler it refuses
/// strangers before anything else is looked at.
pub struct Caller {
    principal: Principal,
    request_id: RequestId,
}

impl Caller {
    /// Whose objects it may see.
    pub const fn organization(&self) -> OrganizationId {
        self.principal.organization
    }

    /// Who is named in what the request changes.
    pub fn actor(&self) -> Actor {
        self.principal.actor(Some(self.request_id.to_string()))
    }
}

impl<'a> ApiExtractor<'a> for Caller {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_security_scheme("ApiKeyAuth", API_KEY);
        registry.create_security_scheme("BearerAuth", BEARER);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec!["ApiKeyAuth", "BearerAuth"]
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(authenticate(request).await?)
    }
}

async fn authenticate(request: &Request) -> Result<Caller> {
    let app = request.data::<Arc<App>>().ok_or_else(|| Error::internal("no state"))?;
    let request_id = request.data::<RequestId>().ok_or_else(|| Error::internal("no request id"))?.clone();
    let secret = presented(request.headers()).ok_or(Error::Unauthorized("API key is missing"))?;
    Ok(Caller { principal: app.partner.authenticate(secret).await?, request_id })
}

/// The key that the request came with. What is not text is no key.
fn presented(headers: &HeaderMap) -> Option<&str> {
    let of = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    of("x-api-key").or_else(|| bearer(of("authorization")?)).filter(|key| !key.is_empty())
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
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
