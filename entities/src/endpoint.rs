//! Webhook endpoints: where an organization wants to be told of its events.

use crate::ids::{EndpointId, OrganizationId, VendorProvisionerId};
use sea_orm::{FromJsonQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "endpoints")]
pub struct Model {
    /// The endpoint's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EndpointId,
    /// Whose endpoint it is.
    pub organization_id: OrganizationId,
    /// In whose form deliveries are made: `partner`, …
    pub contract: String,
    /// Where they go, as the URL parser wrote it.
    pub url: String,
    /// Of which events it wants to know.
    pub types: Types,
    /// The organization's own words.
    pub description: Option<String>,
    /// Whether deliveries are made.
    pub status: EndpointStatus,
    /// Why it has been disabled.
    pub status_reason: Option<String>,
    /// Since when it has its status.
    pub status_at: DateTimeUtc,
    /// Deliveries at most that are under way at once.
    pub concurrency: i32,
    /// Whether a delivery waits for the end of the one before it.
    pub ordered: bool,
    /// Deliveries a second at most.
    pub rate: Option<i32>,
    /// The header with the shared secret, where the contract has one.
    pub secret_header: Option<String>,
    /// The vendor's provisioner whose notifications go there; events that are told to everybody do not.
    pub provisioner_id: Option<VendorProvisionerId>,
    /// The number of the next event that is meant for it.
    pub next_sequence: i64,
    /// When a newer webhook of the same provisioner took its place: it is never used again.
    pub replaced_at: Option<DateTimeUtc>,
    /// When deliveries began again after a pause; what waited is then sent slowly first.
    pub resumed_at: Option<DateTimeUtc>,
    /// Removed by its owner, to be swept.
    pub deleted_at: Option<DateTimeUtc>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When something of it that its owner sees was last changed: what was registered, its status, its secrets.
    pub updated_at: DateTimeUtc,
}

/// Types of events; `*` stands for all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Types(pub Vec<String>);

impl Types {
    /// Whether an event of this type is among them.
    pub fn include(&self, kind: &str) -> bool {
        self.0.iter().any(|wanted| wanted == "*" || wanted == kind)
    }
}

/// Whether deliveries are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum EndpointStatus {
    /// They are.
    #[sea_orm(string_value = "active")]
    Active,
    /// They are kept until it is resumed.
    #[sea_orm(string_value = "paused")]
    Paused,
    /// It failed for too long, or said that it is gone: nothing new is kept for it.
    #[sea_orm(string_value = "disabled")]
    Disabled,
}

impl EndpointStatus {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
        }
    }
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All endpoints of the organization, oldest first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find()
            .filter(Column::OrganizationId.eq(organization))
            .filter(Column::DeletedAt.is_null())
            .order_by_asc(Column::Id)
    }

    /// Those of a vendor's provisioner.
    pub fn of_provisioner(provisioner: VendorProvisionerId) -> Select<Self> {
        Self::find().filter(Column::ProvisionerId.eq(provisioner)).filter(Column::DeletedAt.is_null())
    }

    /// The provisioner's endpoint that was not replaced. Replaced ones are never used again, because their URL and secret
    /// are outdated.
    pub fn latest_of_provisioner(provisioner: VendorProvisionerId) -> Select<Self> {
        Self::of_provisioner(provisioner).filter(Column::ReplacedAt.is_null()).order_by_desc(Column::Id)
    }

    /// Those of them that a contract shows.
    pub fn shown_by(organization: OrganizationId, contract: &str) -> Select<Self> {
        Self::of(organization).filter(Column::Contract.eq(contract))
    }
}
