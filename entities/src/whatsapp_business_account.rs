//! WhatsApp Business Accounts: each has numbers, which share its templates and its access token.

use crate::ids::{OrganizationId, WhatsappBusinessAccountId};
use sea_orm::entity::prelude::*;

/// A WhatsApp Business Account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "whatsapp_business_accounts")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WhatsappBusinessAccountId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// Whether it belongs to the sandbox.
    pub sandbox: bool,
    /// The provider's id.
    pub provider_id: String,
    /// The name.
    pub name: Option<String>,
    /// The access token, sealed.
    pub token: Option<Vec<u8>>,
    /// When it was first connected.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
