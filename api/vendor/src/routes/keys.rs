//! The public keys of access tokens.

use super::{
    Tag,
    schema::{Key, KeySet},
};
use edge::{Result, state::App};
use poem::web::Data;
use poem_openapi::{ApiResponse, OpenApi, payload::Json};
use std::sync::Arc;

/// How long a client may keep the set: one that meets a name it does not know asks again.
const CACHED: &str = "public, max-age=300";

/// The resource.
pub struct Keys;

/// The answer.
#[derive(ApiResponse)]
enum Published {
    /// The keys
    #[oai(status = 200)]
    Keys(
        Json<KeySet>,
        /// `public, max-age=300`
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Authentication")]
impl Keys {
    /// Get the public keys of access tokens
    ///
    /// The current signing key, and earlier keys whose tokens are still valid (RFC 7517). Also at
    /// `/vendor/.well-known/jwks.json`.
    #[oai(path = "/.well-known/jwks.json", method = "get", operation_id = "getSigningKeys")]
    async fn get(&self, app: Data<&Arc<App>>) -> Result<Published> {
        let keys: Vec<Key> = app.authenticator.published().await?.into_iter().map(Into::into).collect();
        Ok(Published::Keys(Json(KeySet { keys }), CACHED.into()))
    }
}
