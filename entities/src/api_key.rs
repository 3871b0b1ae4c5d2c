//! Credentials: API keys, and the clients of `OAuth2`. Only the SHA-256 of a secret is kept.

use crate::ids::{ApiKeyId, OrganizationId};
use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// A list of texts, kept as a JSON array.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Texts(pub Vec<String>);

/// One key of an organization, for one contract.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    /// The record's key, safe to show.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApiKeyId,
    /// Whom a request with this key speaks for.
    pub organization_id: OrganizationId,
    /// The contract it opens: `partner`, …
    pub contract: String,
    /// What the operator called it.
    pub name: String,
    /// The first characters of the key, to recognise it by in lists.
    pub prefix: String,
    /// SHA-256 of the whole key, lower-case hex; unique.
    pub hash: String,
    /// What it may do: scopes such as `customers:read`; `*` is all of its contract.
    pub scopes: Texts,
    /// The networks (CIDR) that it may be used from; empty: any.
    pub networks: Texts,
    /// The plan of its contract that limits it; empty: the contract's first.
    pub plan: String,
    /// Whether what it begins only plays: simulated provisioning, no mail.
    pub sandbox: bool,
    /// From when on it opens nothing.
    pub expires_at: Option<DateTimeUtc>,
    /// About when it was last used; written in batches.
    pub last_used_at: Option<DateTimeUtc>,
    /// From which address it was last used.
    pub last_used_from: Option<String>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// Set when it was revoked; it opens nothing from then on.
    pub revoked_at: Option<DateTimeUtc>,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The key with this hash that still opens the contract.
    pub fn live(contract: &str, hash: &str) -> Select<Self> {
        Self::not_revoked(contract).filter(Column::Hash.eq(hash))
    }

    /// The client of this id, if it is still one of the contract.
    pub fn live_client(contract: &str, id: ApiKeyId) -> Select<Self> {
        Self::not_revoked(contract).filter(Column::Id.eq(id))
    }

    /// One key of the organization, revoked or not.
    pub fn one_of(organization: OrganizationId, id: ApiKeyId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).filter(Column::Id.eq(id))
    }

    fn not_revoked(contract: &str) -> Select<Self> {
        Self::find().filter(Column::Contract.eq(contract)).filter(Column::RevokedAt.is_null())
    }
}
