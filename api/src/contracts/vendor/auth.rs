//! Who calls: an access token, which the client got for its id and secret.

use super::routes::TOKEN_URL;
use crate::contracts::authorization;
use kernel::auth::{VENDOR, VENDOR_SIMULATION};
use poem::http::HeaderMap;
use serde_json::{Value, json};

/// The access token that the request came with.
pub(super) fn presented(headers: &HeaderMap) -> Option<&str> {
    authorization(headers, "bearer").filter(|token| !token.is_empty())
}

/// The contract's security schemes, as the document has them.
pub(super) fn schemes() -> Value {
    json!({ "OAuth2": {
        "type": "oauth2",
        "description": "`audience` is required in token requests: `api://provisioning`.\n\nSandbox clients get the \
            scope `vendorSimulation:provisioning`, live ones `vendor:provisioning`.",
        "flows": { "clientCredentials": {
            "tokenUrl": TOKEN_URL,
            "scopes": {
                VENDOR_SIMULATION: "Access to simulation provisioning endpoints",
                VENDOR: "Access to production provisioning endpoints",
            },
        } },
    } })
}
