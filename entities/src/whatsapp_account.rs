//! WhatsApp accounts: the numbers that send and receive messages.

use crate::ids::{MessagingCustomerId, OrganizationId, WhatsappAccountId, WhatsappBusinessAccountId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A WhatsApp account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "whatsapp_accounts")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WhatsappAccountId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// Whether it belongs to the sandbox.
    pub sandbox: bool,
    /// The WhatsApp Business Account that has the number.
    pub business_account_id: WhatsappBusinessAccountId,
    /// The customer; `None` for the organization's own.
    pub customer_id: Option<MessagingCustomerId>,
    /// The provider's id of the number.
    pub provider_id: String,
    /// The number, with its country code: `+628111222333`.
    pub phone_number: Option<String>,
    /// The verified name of the number.
    pub name: Option<String>,
    /// The status.
    pub status: WhatsappAccountStatus,
    /// Why it is degraded or disconnected.
    pub status_reason: Option<String>,
    /// When it was connected.
    pub onboarded_at: Option<DateTimeUtc>,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The status of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum WhatsappAccountStatus {
    /// Being connected.
    #[sea_orm(string_value = "onboarding")]
    Onboarding,
    /// Sends and receives.
    #[sea_orm(string_value = "connected")]
    Connected,
    /// Sends, but something is wrong: it may receive nothing.
    #[sea_orm(string_value = "degraded")]
    Degraded,
    /// The provider refuses its access token.
    #[sea_orm(string_value = "disconnected")]
    Disconnected,
}

impl WhatsappAccountStatus {
    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Onboarding => "onboarding",
            Self::Connected => "connected",
            Self::Degraded => "degraded",
            Self::Disconnected => "disconnected",
        }
    }
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All accounts of the organization, live or sandbox.
    pub fn of(organization: OrganizationId, sandbox: bool) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).filter(Column::Sandbox.eq(sandbox))
    }
}
