//! Setup links: each lets a customer connect a WhatsApp account, once, without an API key.

use crate::ids::{MessagingCustomerId, OrganizationId, SetupLinkId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A setup link.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "setup_links")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SetupLinkId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The customer.
    pub customer_id: MessagingCustomerId,
    /// The SHA-256 of the token.
    pub token_hash: Vec<u8>,
    /// The last four characters of the token.
    pub token_last4: String,
    /// The stored status; an active link expires at [`Model::expires_at`].
    pub status: SetupLinkStatus,
    /// When it expires.
    pub expires_at: DateTimeUtc,
    /// When it was used.
    pub consumed_at: Option<DateTimeUtc>,
    /// The URL that the browser is sent to after success.
    pub success_url: Option<String>,
    /// The URL that the browser is sent to after a failure.
    pub failure_url: Option<String>,
    /// When it was created.
    pub created_at: DateTimeUtc,
}

/// The stored status of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum SetupLinkStatus {
    /// Not used.
    #[sea_orm(string_value = "active")]
    Active,
    /// Used.
    #[sea_orm(string_value = "consumed")]
    Consumed,
    /// Revoked.
    #[sea_orm(string_value = "revoked")]
    Revoked,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All links of the customer.
    pub fn of(customer: MessagingCustomerId) -> Select<Self> {
        Self::find().filter(Column::CustomerId.eq(customer))
    }
}
