//! Access tokens for clients (RFC 6749, 4.4).

use super::{
    Tag,
    parameters::{Client, Parameters, Refused},
    schema::{TokenError, TokenErrorCode, TokenResponse, TokenType},
};
use edge::{RequestContext, Result, state::App};
use kernel::{
    auth::{self, AccessToken, NoToken, TokenRequest},
    contracts::vendor::CONTRACT,
};
use poem::{http::HeaderMap, web::Data};
use poem_openapi::{ApiResponse, OpenApi, payload::Json};
use std::sync::Arc;

/// The operation's name in the document.
pub const TOKEN_OPERATION: &str = "createToken";
/// Tokens, and what is wrong with a request for one, are for the client alone.
pub const NO_STORE: &str = "no-store";
/// How a client can show who it is (RFC 9110, 11.6.1).
const BASIC: &str = "Basic realm=\"switchyard\", charset=\"UTF-8\"";

/// Whether a path within the contract is the token endpoint's.
pub fn is_token(path: &str) -> bool {
    path == "/v1/token" || path.starts_with("/v1/token/")
}

/// The resource.
pub struct Tokens;

/// The answer.
#[derive(ApiResponse)]
enum Answer {
    /// An access token
    #[oai(status = 200)]
    Granted(
        Json<TokenResponse>,
        /// `no-store`
        #[oai(header = "Cache-Control")]
        String,
    ),
    /// The request is invalid, or the client is not allowed the requested scope
    #[oai(status = 400)]
    Refused(
        Json<TokenError>,
        /// `no-store`
        #[oai(header = "Cache-Control")]
        String,
    ),
    /// The client is unknown, revoked or expired, or the secret is wrong
    #[oai(status = 401)]
    Unknown(
        Json<TokenError>,
        /// `no-store`
        #[oai(header = "Cache-Control")]
        String,
        /// `Basic`
        #[oai(header = "WWW-Authenticate")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Authentication")]
impl Tokens {
    /// Get an access token
    ///
    /// For a client's id and secret, in the body or by HTTP Basic authentication (RFC 6749, client credentials). The
    /// body may also be JSON. Also at `/vendor/v1/token`.
    #[oai(path = "/v1/token", method = "post", operation_id = "createToken")]
    async fn create(
        &self,
        app: Data<&Arc<App>>,
        session: Data<&Arc<RequestContext>>,
        headers: &HeaderMap,
        body: Parameters,
    ) -> Result<Answer> {
        let wanted = match wanted(headers, &body) {
            Ok(wanted) => wanted,
            Err(refused) => return Ok(refused.into()),
        };
        match app.authenticator.grant(CONTRACT.name, &wanted.request(), session.address).await {
            Ok(token) => Ok(Answer::Granted(Json(token.into()), NO_STORE.into())),
            Err(NoToken::Refused(refused)) => Ok(words(refused).into()),
            Err(NoToken::Failed(error)) => Err(error.into()),
        }
    }
}

/// A request whose parameters are all there.
struct Wanted<'a> {
    client: Client,
    audience: &'a str,
    scope: &'a str,
}

impl Wanted<'_> {
    fn request(&self) -> TokenRequest<'_> {
        let Self { client: Client { id, secret }, audience, scope } = self;
        TokenRequest { client_id: id, client_secret: secret, audience, scope }
    }
}

fn wanted<'a>(headers: &HeaderMap, body: &'a Parameters) -> Result<Wanted<'a>, Refused> {
    let body = body.read()?;
    if body.required("grant_type")? != "client_credentials" {
        let only = "grant_type must be client_credentials";
        return Err(Refused::new(TokenErrorCode::UnsupportedGrantType, only));
    }
    let client = body.client(headers)?;
    let (audience, scope) = (body.required("audience")?, body.get("scope")?.unwrap_or_default());
    Ok(Wanted { client, audience, scope })
}

fn words(refused: auth::Refused) -> Refused {
    match refused {
        auth::Refused::Client => Refused::new(
            TokenErrorCode::InvalidClient,
            "The client is unknown, revoked or expired, or the secret is wrong",
        ),
        auth::Refused::Place(why) => Refused::new(TokenErrorCode::UnauthorizedClient, why),
        auth::Refused::Audience => {
            Refused::new(TokenErrorCode::InvalidRequest, "audience must be api://provisioning")
        }
        auth::Refused::Scope => {
            Refused::new(TokenErrorCode::InvalidScope, "The client has none of these scopes")
        }
    }
}

impl From<AccessToken> for TokenResponse {
    fn from(token: AccessToken) -> Self {
        Self {
            access_token: token.text,
            token_type: TokenType::Bearer,
            expires_in: token.lifetime.as_secs(),
            scope: token.scope,
        }
    }
}

impl From<Refused> for Answer {
    fn from(Refused { error, error_description }: Refused) -> Self {
        let body = Json(TokenError { error, error_description });
        match error {
            TokenErrorCode::InvalidClient => Self::Unknown(body, NO_STORE.into(), BASIC.into()),
            _ => Self::Refused(body, NO_STORE.into()),
        }
    }
}
