//! Answers kept for requests that are sent again.

use crate::ids::OrganizationId;
use sea_orm::entity::prelude::*;

/// The answer to the request that first came with an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotent_answers")]
pub struct Model {
    /// Whose key it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrganizationId,
    /// The key, as the caller made it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// The request's fingerprint and its answer, sealed: an answer may hold a secret shown once.
    pub answer: Vec<u8>,
    /// From when on the key is free again.
    pub expires_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
