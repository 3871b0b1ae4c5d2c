//! Access tokens: what they say, who gets which, and whether one is good.

use super::{Principal, signing_keys::Signing};
use crate::{
    Kernel,
    config::Settings,
    contracts,
    error::{Error, Result},
};
use entities::ids::SigningKeyId;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, time::Duration};
use uuid::Uuid;

/// By how many seconds the clocks of two processes may differ.
const LEEWAY: i64 = 5;
/// Who issues tokens where the settings give the service no address.
const ISSUER: &str = "switchyard";

/// What a client asks for.
#[derive(Clone, Copy)]
pub struct TokenRequest<'a> {
    /// The id of the credential.
    pub client_id: &'a str,
    /// Its secret.
    pub client_secret: &'a str,
    /// Whom the token is for.
    pub audience: &'a str,
    /// The scopes wanted, separated by spaces; all that the client has if there are none.
    pub scope: &'a str,
}

/// A token just made.
pub struct AccessToken {
    /// The token itself.
    pub text: String,
    /// How long it is good.
    pub lifetime: Duration,
    /// What it may do, separated by spaces.
    pub scope: String,
}

/// Why there is no token for a client.
#[derive(Debug)]
pub enum Refused {
    /// There is no such client, its secret is another, or it is revoked or expired.
    Client,
    /// The client may not be used from there.
    Place(String),
    /// There are no tokens for this audience.
    Audience,
    /// A scope that the client does not have.
    Scope,
}

/// Why there is no token.
#[derive(Debug)]
pub enum NoToken {
    /// The client may not have it.
    Refused(Refused),
    /// It could not be found out, or not be made.
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

/// What a token says (RFC 7519, RFC 9068). Times are seconds since 1970.
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
    /// What it may do, separated by spaces.
    pub scope: String,
}

fn issuer(settings: &Settings) -> &str {
    let own = settings.http.public_url.as_str();
    if own.is_empty() { ISSUER } else { own }
}

/// Refuses tokens for others than the contract's service.
pub(super) fn check_audience(contract: &str, audience: &str) -> Result<(), Refused> {
    let own = contracts::find(contract).and_then(|contract| contract.keys.audience);
    if own == Some(audience) { Ok(()) } else { Err(Refused::Audience) }
}

/// The scopes of a token: those of what is wanted that the client has, or all of them where none is named (RFC 6749, 3.3).
/// `Scope` where it has none of them.
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

/// Makes a token.
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

/// Which key a token says it was signed with; none for what is no token of ours.
pub(super) fn key_id(token: &str) -> Option<SigningKeyId> {
    let header = jsonwebtoken::decode_header(token).ok().filter(|header| header.alg == Algorithm::EdDSA)?;
    header.kid?.parse().ok()
}

/// What a token says, if the key signed it and it is good now.
pub(super) fn verify(kernel: &Kernel, key: &DecodingKey, token: &str, audience: &str) -> Option<Claims> {
    let claims = jsonwebtoken::decode::<Claims>(token, key, &signature_alone()).ok()?.claims;
    let now = kernel.clock.now().timestamp();
    let in_time = claims.nbf <= now + LEEWAY && now < claims.exp.saturating_add(LEEWAY);
    let ours = claims.aud == audience && claims.iss == issuer(&kernel.settings);
    (in_time && ours).then_some(claims)
}

/// The library is to check the signature, by this algorithm whatever the token says; claims are checked by
/// our clock.
fn signature_alone() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}
