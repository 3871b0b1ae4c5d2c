//! Responses stored for repeated requests.

use sea_orm::entity::prelude::*;

/// The response to the first request with an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotent_answers")]
pub struct Model {
    /// The SHA-256 of the caller, the method and path of the request, and the key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: Vec<u8>,
    /// The request's fingerprint and the response, sealed: a response may have a secret that is shown only once.
    pub answer: Vec<u8>,
    /// When the key can be used again.
    pub expires_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
