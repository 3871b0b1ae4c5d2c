//! Credentials of any contract, and how its document says they are shown.

use super::document::{Document, Operation};
use crate::app::TestApp;
use anyhow::{Context, Result, bail};
use entities::api_key::{self, Texts};
use reqwest::RequestBuilder;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

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

/// A credential of the organization that may do everything in the contract; none where nothing in it needs
/// one.
pub async fn all(app: &TestApp, document: &'static Document, organization: &str) -> Result<String> {
    if !document.operations().iter().any(Operation::is_secured) {
        return Ok(String::new());
    }
    app.key_of(document.contract, organization).await
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
    let secret = app.key_of(contract, "acme").await?;
    let db = app.kernel.db.writer();
    let hash = kernel::auth::keys::hash(&secret);
    let row = api_key::Entity::find().filter(api_key::Column::Hash.eq(hash)).one(db).await?;
    let mut row = row.context("the key's row")?.into_active_model();
    change(&mut row);
    row.update(db).await?;
    Ok(secret)
}
