//! Public keys, as RFC 7517 and RFC 8037 write them.

use kernel::auth::signing_keys::Published;
use poem_openapi::{Enum, Object};

/// The keys that verify access tokens.
#[derive(Debug, Object)]
pub struct KeySet {
    /// Newest first; the first signs new tokens.
    pub keys: Vec<Key>,
}

/// A public key.
#[derive(Debug, Object)]
pub struct Key {
    /// Always `OKP`.
    pub kty: KeyType,
    /// Always `Ed25519`.
    pub crv: Curve,
    /// Always `EdDSA`.
    pub alg: SigningAlgorithm,
    /// Always `sig`.
    #[oai(rename = "use")]
    pub usage: KeyUse,
    /// The key id, which tokens name in their header.
    pub kid: String,
    /// The key: 32 bytes, base64url without padding.
    pub x: String,
}

impl From<Published> for Key {
    fn from(key: Published) -> Self {
        Self {
            kty: KeyType::Okp,
            crv: Curve::Ed25519,
            alg: SigningAlgorithm::EdDsa,
            usage: KeyUse::Signature,
            kid: key.id.to_string(),
            x: key.x,
        }
    }
}

/// The key type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum KeyType {
    /// An octet key pair.
    #[oai(rename = "OKP")]
    Okp,
}

/// The curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Curve {
    /// Ed25519.
    Ed25519,
}

/// The algorithm of signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum SigningAlgorithm {
    /// Edwards-curve signatures.
    #[oai(rename = "EdDSA")]
    EdDsa,
}

/// The use of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum KeyUse {
    /// Signatures.
    #[oai(rename = "sig")]
    Signature,
}
