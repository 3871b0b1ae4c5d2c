//! The token endpoint's objects (RFC 6749, 4.4 and 5).

use poem_openapi::{Enum, Object};

/// A request for an access token.
#[derive(Debug, Object)]
pub struct TokenRequest {
    /// Always `client_credentials`.
    pub grant_type: GrantType,
    /// Whom the token is for: always `api://provisioning`.
    pub audience: Audience,
    /// The client's id; needed here unless it comes by HTTP Basic authentication.
    pub client_id: Option<String>,
    /// The client's secret; needed here unless it comes by HTTP Basic authentication.
    pub client_secret: Option<String>,
    /// The scopes wanted, separated by spaces: those that the client has are granted; without it, all that it has.
    pub scope: Option<String>,
}

/// How a client asks for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum GrantType {
    /// With its own credentials.
    ClientCredentials,
}

/// Whom a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Audience {
    /// This service.
    #[oai(rename = "api://provisioning")]
    Provisioning,
}

/// An access token.
#[derive(Debug, Object)]
pub struct TokenResponse {
    /// The token: to be sent as it is.
    pub access_token: String,
    /// How to send it: `Authorization: Bearer …`.
    pub token_type: TokenType,
    /// Seconds until it is no good any more.
    pub expires_in: u64,
    /// What it may do, separated by spaces.
    pub scope: String,
}

/// How a token is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum TokenType {
    /// In `Authorization`.
    Bearer,
}

/// A refusal of the token endpoint.
#[derive(Debug, Object)]
pub struct TokenError {
    /// What kind of refusal it is, for programs.
    pub error: TokenErrorCode,
    /// What is wrong, for people.
    pub error_description: String,
}

/// Kinds of refusals: those of RFC 6749 (5.2), and for faults of ours those of 4.1.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum TokenErrorCode {
    /// A parameter is missing, not valid, or there twice.
    InvalidRequest,
    /// The client is not known, its secret is another, or it is revoked.
    InvalidClient,
    /// The client may not have tokens in this way or from this address.
    UnauthorizedClient,
    /// There is only `client_credentials`.
    UnsupportedGrantType,
    /// The client has none of the scopes.
    InvalidScope,
    /// Try again later.
    TemporarilyUnavailable,
    /// Our fault.
    ServerError,
}
