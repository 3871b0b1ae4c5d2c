//! API keys: only their SHA-256 is kept.

use crate::ids::{ApiKeyId, OrganizationId};
use sea_orm::entity::prelude::*;

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
        Self::find()
            .filter(Column::Hash.eq(hash))
            .filter(Column::Contract.eq(contract))
            .filter(Column::RevokedAt.is_null())
    }
}
