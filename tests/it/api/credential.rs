//! Credentials of all contracts, and how their documents describe them.

use super::{
    client::{described, send},
    document::{Document, Operation},
    example::Size,
    known_objects::Known,
};
use crate::app::TestApp;
use anyhow::{Context, Result, bail};
use entities::api_key::{self, Texts};
use kernel::{auth::keys::NewKey, contracts};
use reqwest::{Method, RequestBuilder};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};

/// A credential in a request.
#[derive(Clone)]
pub enum Shown {
    /// No credential.
    Nothing,
    /// In a header.
    Header(&'static str, String),
    /// As a bearer token.
    Bearer(String),
}

impl Shown {
    /// Adds the credential to the request.
    pub fn on(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Nothing => request,
            Self::Header(name, secret) => request.header(*name, secret),
            Self::Bearer(secret) => request.bearer_auth(secret),
        }
    }
}

/// The secret in each form that the operation accepts.
pub fn shown(operation: &Operation, secret: &str) -> Result<Vec<Shown>> {
    let alternatives = operation.spec["security"].as_array().into_iter().flatten();
    let schemes = alternatives.flat_map(|schemes| schemes.as_object().into_iter().flatten());
    schemes.map(|(name, _)| by_scheme(operation.document, name, secret)).collect()
}

fn by_scheme(document: &'static Document, name: &str, secret: &str) -> Result<Shown> {
    let scheme = &document.json["components"]["securitySchemes"][name];
    Ok(match (scheme["type"].as_str(), scheme["in"].as_str(), scheme["scheme"].as_str()) {
        (Some("apiKey"), Some("header"), _) => {
            Shown::Header(scheme["name"].as_str().context("a name")?, secret.to_owned())
        }
        (Some("http"), _, Some("bearer")) | (Some("oauth2"), ..) => Shown::Bearer(secret.to_owned()),
        _ => bail!("{name} is a scheme that this test cannot show yet"),
    })
}

/// The secret in the first form that the operation accepts; [`Shown::Nothing`] if it needs none.
pub fn first(operation: &Operation, secret: &str) -> Result<Shown> {
    Ok(shown(operation, secret)?.into_iter().next().unwrap_or(Shown::Nothing))
}

/// A credential of an organization, as used in requests, with the client's id and secret.
pub struct Credential {
    /// The secret, or a token that it was exchanged for.
    pub shown: String,
    /// Values that requests may need; no objects yet.
    pub known: Known,
}

/// A credential with all scopes of the contract. If a contract separates simulations from live data, the credential is
/// for simulations.
pub async fn all(
    app: &TestApp,
    origin: &str,
    document: &'static Document,
    organization: &str,
) -> Result<Credential> {
    let simulates = |operation: &Operation| {
        operation.is_secured() && only_sandbox(document.contract, &operation.scopes())
    };
    let sandbox = document.operations().iter().any(simulates);
    let made =
        app.key_with(NewKey { sandbox, ..NewKey::plain(organization, document.contract, "test") }).await?;
    exchanged(origin, document, &made.record, made.secret).await
}

/// Whether only a sandbox credential can have these scopes.
fn only_sandbox(contract: &str, scopes: &[&str]) -> bool {
    let known = |sandbox| contracts::find(contract).map_or(&[][..], |contract| contract.scopes.of(sandbox));
    let can = |sandbox| scopes.iter().any(|scope| known(sandbox).contains(scope));
    can(true) && !can(false)
}

/// The secret as used in requests: itself, or a token that it is exchanged for.
async fn exchanged(
    origin: &str,
    document: &'static Document,
    key: &api_key::Model,
    secret: String,
) -> Result<Credential> {
    let known = Known::of_client(&key.id.to_string(), &secret);
    let shown = match token_operation(document) {
        Some(operation) => token(origin, &operation, &known).await?,
        None => secret,
    };
    Ok(Credential { shown, known })
}

/// The operation that exchanges a client's secret for a token, if the document's security scheme has one.
fn token_operation(document: &'static Document) -> Option<Operation> {
    let mut schemes = document.json["components"]["securitySchemes"].as_object()?.values();
    let url = schemes.find_map(|scheme| scheme["flows"]["clientCredentials"]["tokenUrl"].as_str())?;
    // It may also be below a path that is not among the document's servers.
    let is_there = |operation: &Operation| operation.method == Method::POST && url.ends_with(operation.path);
    document.operations().into_iter().find(is_there)
}

async fn token(origin: &str, operation: &Operation, known: &Known) -> Result<String> {
    let media = operation.bodies().into_iter().next();
    let request = described(origin, operation, operation.path, Size::Maximal, media, known)?;
    let answer = send(request, &Shown::Nothing).await?;
    let token = answer.json()["access_token"].as_str().map(str::to_owned);
    token.with_context(|| format!("{operation}: no token: {answer:?}"))
}

/// A credential with only this scope.
pub async fn scoped(app: &TestApp, origin: &str, document: &'static Document, scope: &str) -> Result<String> {
    let sandbox = only_sandbox(document.contract, &[scope]);
    let new = NewKey { sandbox, ..NewKey::plain("acme", document.contract, "test") };
    let scopes = Texts(vec![scope.to_owned()]);
    let (row, secret) = changed(app, new, |key| key.scopes = Set(scopes)).await?;
    Ok(exchanged(origin, document, &row, secret).await?.shown)
}

/// A credential in this contract's format that belongs to another contract.
pub async fn of_another_contract(app: &TestApp, contract: &str) -> Result<String> {
    let new = NewKey::plain("acme", contract, "test");
    Ok(changed(app, new, |key| key.contract = Set("another".into())).await?.1)
}

async fn changed(
    app: &TestApp,
    new: NewKey,
    change: impl FnOnce(&mut api_key::ActiveModel),
) -> Result<(api_key::Model, String)> {
    let made = app.key_with(new).await?;
    let mut row = made.record.into_active_model();
    change(&mut row);
    Ok((row.update(app.kernel.db.writer()).await?, made.secret))
}
