//! Keys that sign tokens: one active, and retired ones whose tokens have not all expired.

use crate::ids::SigningKeyId;
use sea_orm::{Condition, QueryOrder, entity::prelude::*};

/// One pair of keys.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    /// Its name in tokens and in the published set (`kid`).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SigningKeyId,
    /// `EdDSA`; at most one key of an algorithm is active.
    pub algorithm: String,
    /// 32 bytes, base64url without padding (`x` of RFC 8037).
    pub public_key: String,
    /// The private half, sealed; empty once it is retired.
    pub private_key: Vec<u8>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// Since when it signs nothing any more.
    pub retired_at: Option<DateTimeUtc>,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The key that signs now.
    pub fn active() -> Select<Self> {
        Self::find().filter(Column::RetiredAt.is_null())
    }

    /// The keys that sign now or were retired later than that, newest first.
    pub fn retired_after(moment: DateTimeUtc) -> Select<Self> {
        let still = Condition::any().add(Column::RetiredAt.is_null()).add(Column::RetiredAt.gt(moment));
        Self::find().filter(still).order_by_desc(Column::Id)
    }
}
