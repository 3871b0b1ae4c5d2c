//! Credentials of any contract, and how its document says they are shown.

use super::{
    client::{below, described, send},
    document::{Document, Operation},
    example::Size,
    known::Known,
};
use crate::app::TestApp;
use anyhow::{Context, Result, bail};
use entities::api_key::{self, Texts};
use reqwest::RequestBuilder;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};

/// A credential as a request shows it.
#[derive(Clone)]
pub enum Shown {
    /// None.
    Nothing,
    /// In a header.
    Header(&'static str, String),
    /// As a bearer token.
    Bearer(String),
}

impl Shown {
    /// The request with it.
    pub fn on(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Nothing => request,
            Self::Header(name, secret) => request.header(*name, secret),
            Self::Bearer(secret) => request.bearer_auth(secret),
        }
    }
}

/// The secret in each way that the operation takes it.
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

/// The secret in the first way that the operation takes it; nothing where it needs none.
pub fn first(operation: &Operation, secret: &str) -> Result<Shown> {
    Ok(shown(operation, secret)?.into_iter().next().unwrap_or(Shown::Nothing))
}

/// A credential of an organization, as requests show it, and the client's id and secret behind it.
pub struct Credential {
    /// What is shown: the secret, or a token that it was exchanged for.
    pub shown: String,
    /// What requests may have to name; no object yet.
    pub known: Known,
}

/// A credential that may do everything in the contract.
pub async fn all(
    app: &TestApp,
    origin: &str,
    document: &'static Document,
    organization: &str,
) -> Result<Credential> {
    let (row, secret) = app.key_of(document.contract, organization).await?;
    let known = Known::of_client(&row.id.to_string(), &secret);
    let shown = match token_operation(document) {
        Some(operation) => token(origin, &operation, &known).await?,
        None => secret,
    };
    Ok(Credential { shown, known })
}

/// The operation that exchanges a client's secret for a token, where the document's security scheme has one.
fn token_operation(document: &'static Document) -> Option<Operation> {
    let mut schemes = document.json["components"]["securitySchemes"].as_object()?.values();
    let url = schemes.find_map(|scheme| scheme["flows"]["clientCredentials"]["tokenUrl"].as_str())?;
    let path = below(document, url)?;
    document.operations().into_iter().find(|operation| operation.path == path)
}

async fn token(origin: &str, operation: &Operation, known: &Known) -> Result<String> {
    let media = operation.bodies().into_iter().next();
    let request = described(origin, operation, operation.path, Size::Maximal, media, known)?;
    let answer = send(request, &Shown::Nothing).await?;
    let token = answer.json()["access_token"].as_str().map(str::to_owned);
    token.with_context(|| format!("{operation}: no token: {answer:?}"))
}

/// A credential that has these scopes and no others.
pub async fn scoped(app: &TestApp, contract: &str, scopes: &[&str]) -> Result<String> {
    let scopes = Texts(scopes.iter().map(|&scope| scope.to_owned()).collect());
    changed(app, contract, |key| key.scopes = Set(scopes)).await
}

/// A credential that is the contract's in everything but that it opens another.
pub async fn of_another_contract(app: &TestApp, contract: &str) -> Result<String> {
    changed(app, contract, |key| key.contract = Set("another".into())).await
}

async fn changed(
    app: &TestApp,
    contract: &str,
    change: impl FnOnce(&mut api_key::ActiveModel),
) -> Result<String> {
    let (row, secret) = app.key_of(contract, "acme").await?;
    let mut row = row.into_active_model();
    change(&mut row);
    row.update(app.kernel.db.writer()).await?;
    Ok(secret)
}
