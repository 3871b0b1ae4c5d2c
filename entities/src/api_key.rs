//! Credentials: API keys and `OAuth2` clients. Only the SHA-256 of a secret is stored.

use crate::ids::{ApiKeyId, OrganizationId};
use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// A list of strings, stored as a JSON array.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Texts(pub Vec<String>);

/// A key of an organization, for one contract.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    /// The id, which is not secret.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApiKeyId,
    /// The organization that a request with this key belongs to.
    pub organization_id: OrganizationId,
    /// The contract that the key is for: `partner`, …
    pub contract: String,
    /// The name, given by the operator.
    pub name: String,
    /// The first characters of the key, to recognise it in lists.
    pub prefix: String,
    /// SHA-256 of the whole key, lower-case hex; unique.
    pub hash: String,
    /// The scopes, such as `customers:read`; `*` is all of the contract.
    pub scopes: Texts,
    /// The networks (CIDR) that the key may be used from; empty: any.
    pub networks: Texts,
    /// The rate-limit plan of the contract; empty: the contract's first.
    pub plan: String,
    /// Whether the key belongs to the sandbox: simulated provisioning, no mail.
    pub sandbox: bool,
    /// When it expires.
    pub expires_at: Option<DateTimeUtc>,
    /// Approximately when it was last used; written in batches.
    pub last_used_at: Option<DateTimeUtc>,
    /// The IP address that it was last used from.
    pub last_used_from: Option<String>,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// When it was revoked; the key is refused from then on.
    pub revoked_at: Option<DateTimeUtc>,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The contract's key with this hash, unless revoked.
    pub fn live(contract: &str, hash: &str) -> Select<Self> {
        Self::not_revoked(contract).filter(Column::Hash.eq(hash))
    }

    /// The contract's client with this id, unless revoked.
    pub fn live_client(contract: &str, id: ApiKeyId) -> Select<Self> {
        Self::not_revoked(contract).filter(Column::Id.eq(id))
    }

    /// A key of the organization, revoked or not.
    pub fn one_of(organization: OrganizationId, id: ApiKeyId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).filter(Column::Id.eq(id))
    }

    fn not_revoked(contract: &str) -> Select<Self> {
        Self::find().filter(Column::Contract.eq(contract)).filter(Column::RevokedAt.is_null())
    }
}
