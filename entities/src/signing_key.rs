//! Keys that sign tokens: one active key, and retired ones until their tokens have expired.

use crate::ids::SigningKeyId;
use sea_orm::{Condition, QueryOrder, entity::prelude::*};

/// A key pair.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    /// The id, which is the key's name in tokens and in the published set (`kid`).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SigningKeyId,
    /// The algorithm: `EdDSA`; at most one key per algorithm is active.
    pub algorithm: String,
    /// The public key: 32 bytes, base64url without padding (`x` of RFC 8037).
    pub public_key: String,
    /// The private key, sealed; empty once the key is retired.
    pub private_key: Vec<u8>,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// When it was retired; it signs nothing from then on.
    pub retired_at: Option<DateTimeUtc>,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The active key.
    pub fn active() -> Select<Self> {
        Self::find().filter(Column::RetiredAt.is_null())
    }

    /// The active key, and those retired after this time, newest first.
    pub fn retired_after(moment: DateTimeUtc) -> Select<Self> {
        let still = Condition::any().add(Column::RetiredAt.is_null()).add(Column::RetiredAt.gt(moment));
        Self::find().filter(still).order_by_desc(Column::Id)
    }
}
