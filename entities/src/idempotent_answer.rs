//! Answers kept for requests that are sent again.

use sea_orm::entity::prelude::*;

/// The answer to the request that first came with an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotent_answers")]
pub struct Model {
    /// SHA-256 of the caller, of the method and path of its request, and of the key that it sent.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: Vec<u8>,
    /// The request's fingerprint and its answer, sealed: an answer may hold a secret shown once.
    pub answer: Vec<u8>,
    /// From when on the key is free again.
    pub expires_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
