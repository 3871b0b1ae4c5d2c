//! Who calls: an access token, which the client got for its id and secret.

use edge::{Alternative, Scheme, authorization};
use isp::vendors::VendorScope;
use kernel::{
    auth::CredentialKind,
    contracts::vendor::{PROVISIONING, SIMULATION},
};
use poem::http::HeaderMap;
use poem_openapi::registry::MetaSecurityScheme;
use serde_json::{Value, json};

/// The name of the operation that simulates orders, in the document.
const SIMULATION_OPERATION: &str = "createOrderEvent";
/// The token endpoint, relative to the server.
const TOKEN_URL: &str = "/vendor/v1/token";

/// The name of the contract's security scheme.
const SCHEME: &str = "OAuth2";

/// The contract's security scheme.
pub struct OAuth2;

/// Who calls an operation.
pub type Caller = edge::Caller<OAuth2>;

impl Scheme for OAuth2 {
    const ALTERNATIVES: &'static [Alternative] =
        &[Alternative { name: SCHEME, admits: CredentialKind::Token, declaration: || PLAIN }];
}

/// What the framework asks for; [`schemes`] stand in the document.
const PLAIN: MetaSecurityScheme = MetaSecurityScheme {
    ty: "oauth2",
    description: None,
    name: None,
    key_in: None,
    scheme: None,
    bearer_format: None,
    flows: None,
    openid_connect_url: None,
};

/// The objects that the caller may see.
pub(super) fn side(caller: &Caller) -> VendorScope {
    VendorScope { vendor: caller.organization(), sandbox: caller.sandbox() }
}

/// The access token that the request came with.
pub(super) fn presented(headers: &HeaderMap) -> Option<&str> {
    authorization(headers, "bearer").filter(|token| !token.is_empty())
}

/// The scopes that open an operation: each of the two sides has its own, and only one of them simulates.
pub(super) fn scopes(_: &str, operation: &Value) -> Vec<String> {
    let is_simulation = operation["operationId"] == SIMULATION_OPERATION;
    let open: &[_] = if is_simulation { &[SIMULATION] } else { &[PROVISIONING, SIMULATION] };
    open.iter().map(|&scope| scope.to_owned()).collect()
}

/// What the operations that have these scopes need, as the document has it.
pub(super) fn requirements(scopes: &Value) -> Value {
    scopes.as_array().into_iter().flatten().map(|scope| json!({ SCHEME: [scope] })).collect()
}

/// The contract's security schemes, as the document has them.
pub(super) fn schemes() -> Value {
    json!({ SCHEME: {
        "type": "oauth2",
        "description": "`audience` is required in token requests: `api://provisioning`.\n\nSandbox clients get the \
            scope `vendorSimulation:provisioning`, live ones `vendor:provisioning`.",
        "flows": { "clientCredentials": {
            "tokenUrl": TOKEN_URL,
            "scopes": {
                SIMULATION: "Access to simulation provisioning endpoints",
                PROVISIONING: "Access to production provisioning endpoints",
            },
        } },
    } })
}
