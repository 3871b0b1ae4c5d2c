//! Issues and verifies access tokens.

use super::{Principal, signing_keys::Signing};
use crate::{Kernel, contracts};
use entities::ids::SigningKeyId;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use platform::{
    config::Settings,
    error::{Error, Result},
};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, time::Duration};
use uuid::Uuid;

/// Tolerated difference of clocks, in seconds.
const LEEWAY: i64 = 5;
/// The issuer if the settings have no public URL.
const ISSUER: &str = "switchyard";

/// A token request.
#[derive(Clone, Copy)]
pub struct TokenRequest<'a> {
    /// The client id.
    pub client_id: &'a str,
    /// The client secret.
    pub client_secret: &'a str,
    /// The audience.
    pub audience: &'a str,
    /// The requested scopes, separated by spaces; default: all of the client's.
    pub scope: &'a str,
}

/// An issued token.
pub struct AccessToken {
    /// The token itself.
    pub text: String,
    /// Its validity.
    pub lifetime: Duration,
    /// Its scopes, separated by spaces.
    pub scope: String,
}

/// Why a token request is rejected.
#[derive(Debug)]
pub enum Refused {
    /// The client is unknown, revoked or expired, or the secret is wrong.
    Client,
    /// The client is not allowed from this address.
    Place(String),
    /// The audience is unknown.
    Audience,
    /// The client lacks a requested scope.
    Scope,
}

/// Why no token was issued.
#[derive(Debug)]
pub enum NoToken {
    /// The request is rejected.
    Refused(Refused),
    /// An internal error.
    Failed(Error),
}

impl From<Refused> for NoToken {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Error> for NoToken {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The claims of a token (RFC 7519, RFC 9068). Times are seconds since 1970.
#[derive(Serialize, Deserialize)]
pub(super) struct Claims {
    iss: String,
    /// The client's id.
    pub sub: String,
    aud: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    /// Its scopes, separated by spaces.
    pub scope: String,
}

fn issuer(settings: &Settings) -> &str {
    let own = settings.http.public_url.as_str();
    if own.is_empty() { ISSUER } else { own }
}

/// Rejects tokens for another audience.
pub(super) fn check_audience(contract: &str, audience: &str) -> Result<(), Refused> {
    let own = contracts::find(contract).and_then(|contract| contract.keys.audience);
    if own == Some(audience) { Ok(()) } else { Err(Refused::Audience) }
}

/// The scopes of a token: the requested ones that the client has, or all if none are requested (RFC 6749, 3.3). `Scope`
/// if it has none of them.
pub(super) fn granted(contract: &str, client: &Principal, wanted: &str) -> Result<String, Refused> {
    let known = contracts::find(contract).map_or(&[][..], |contract| contract.scopes.of(client.sandbox));
    let has: Vec<&str> = known.iter().copied().filter(|scope| client.may(scope)).collect();
    let mut scopes: Vec<&str> = wanted.split(' ').filter(|scope| !scope.is_empty()).collect();
    if scopes.is_empty() {
        return Ok(has.join(" "));
    }
    let mut seen = HashSet::new();
    scopes.retain(|scope| has.contains(scope) && seen.insert(*scope));
    if scopes.is_empty() { Err(Refused::Scope) } else { Ok(scopes.join(" ")) }
}

/// Issues a token.
pub(super) fn issue(
    kernel: &Kernel,
    signing: &Signing,
    client: &Principal,
    audience: &str,
    scope: String,
) -> Result<AccessToken> {
    let (now, lifetime) = (kernel.clock.now().timestamp(), kernel.settings.tokens.lifetime);
    let claims = Claims {
        iss: issuer(&kernel.settings).into(),
        sub: client.key.to_string(),
        aud: audience.into(),
        iat: now,
        nbf: now,
        exp: now.saturating_add_unsigned(lifetime.as_secs()),
        jti: Uuid::now_v7().to_string(),
        scope,
    };
    let header = Header { kid: Some(signing.id.to_string()), ..Header::new(Algorithm::EdDSA) };
    let text = jsonwebtoken::encode(&header, &claims, &signing.key).map_err(Error::internal)?;
    Ok(AccessToken { text, lifetime, scope: claims.scope })
}

/// The key id of a token; `None` if it is not one of ours.
pub(super) fn key_id(token: &str) -> Option<SigningKeyId> {
    let header = jsonwebtoken::decode_header(token).ok().filter(|header| header.alg == Algorithm::EdDSA)?;
    header.kid?.parse().ok()
}

/// The claims of a token, if the key signed it and it is valid now.
pub(super) fn verify(kernel: &Kernel, key: &DecodingKey, token: &str, audience: &str) -> Option<Claims> {
    let claims = jsonwebtoken::decode::<Claims>(token, key, &signature_alone()).ok()?.claims;
    let now = kernel.clock.now().timestamp();
    let in_time = claims.nbf <= now + LEEWAY && now < claims.exp.saturating_add(LEEWAY);
    let ours = claims.aud == audience && claims.iss == issuer(&kernel.settings);
    (in_time && ours).then_some(claims)
}

/// The library checks only the signature, with this algorithm whatever the token says; claims are checked with our
/// clock.
fn signature_alone() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}
