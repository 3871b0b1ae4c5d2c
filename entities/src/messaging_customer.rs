//! Customers of the messaging domain: those for whom an organization sends messages.

use crate::{
    RawJson,
    ids::{MessagingCustomerId, OrganizationId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A customer.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "messaging_customers")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessagingCustomerId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// Whether it belongs to the sandbox.
    pub sandbox: bool,
    /// The organization's name of the team that it belongs to.
    pub team: String,
    /// The name.
    pub name: String,
    /// The name in lower case, for search.
    pub name_key: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The status.
    pub status: MessagingCustomerStatus,
    /// Custom metadata: a JSON object, as it was sent.
    pub metadata: Option<RawJson>,
    /// When it was archived.
    pub archived_at: Option<DateTimeUtc>,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The status of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum MessagingCustomerStatus {
    /// Has no account yet.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// Can send.
    #[sea_orm(string_value = "active")]
    Active,
    /// Sends nothing until it is active again.
    #[sea_orm(string_value = "suspended")]
    Suspended,
    /// Sends nothing any more; its history is kept.
    #[sea_orm(string_value = "archived")]
    Archived,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All customers of the organization, live or sandbox.
    pub fn of(organization: OrganizationId, sandbox: bool) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).filter(Column::Sandbox.eq(sandbox))
    }

    /// One of them.
    pub fn one_of(organization: OrganizationId, sandbox: bool, id: MessagingCustomerId) -> Select<Self> {
        Self::of(organization, sandbox).filter(Column::Id.eq(id))
    }
}
