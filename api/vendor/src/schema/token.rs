//! The token endpoint's objects (RFC 6749, 4.4 and 5).

use poem_openapi::{Enum, Object};

/// A request for an access token.
#[derive(Debug, Object)]
pub struct TokenRequest {
    /// Always `client_credentials`.
    pub grant_type: GrantType,
    /// The audience: always `api://provisioning`.
    pub audience: Audience,
    /// The client's id; required unless HTTP Basic authentication is used.
    pub client_id: Option<String>,
    /// The client's secret; required unless HTTP Basic authentication is used.
    pub client_secret: Option<String>,
    /// Requested scopes, separated by spaces; by default all scopes of the client. Scopes that the client does not have are
    /// left out.
    pub scope: Option<String>,
}

/// How a client requests a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum GrantType {
    /// With its own credentials.
    ClientCredentials,
}

/// The audience of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Audience {
    /// This service.
    #[oai(rename = "api://provisioning")]
    Provisioning,
}

/// An access token.
#[derive(Debug, Object)]
pub struct TokenResponse {
    /// The token.
    pub access_token: String,
    /// How to send it: `Authorization: Bearer …`.
    pub token_type: TokenType,
    /// Seconds until it expires.
    pub expires_in: u64,
    /// Granted scopes, separated by spaces.
    pub scope: String,
}

/// How a token is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum TokenType {
    /// In `Authorization`.
    Bearer,
}

/// An error of the token endpoint.
#[derive(Debug, Object)]
pub struct TokenError {
    /// The error code.
    pub error: TokenErrorCode,
    /// What is wrong, as text for people.
    pub error_description: String,
}

/// Error codes of RFC 6749 (5.2), and for errors of the server those of 4.1.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum TokenErrorCode {
    /// A parameter is missing, invalid or repeated.
    InvalidRequest,
    /// The client is unknown, revoked or expired, or the secret is wrong.
    InvalidClient,
    /// The client may not get tokens in this way or from this address.
    UnauthorizedClient,
    /// Only `client_credentials` is supported.
    UnsupportedGrantType,
    /// The client has none of the requested scopes.
    InvalidScope,
    /// Try again later.
    TemporarilyUnavailable,
    /// An internal error.
    ServerError,
}
