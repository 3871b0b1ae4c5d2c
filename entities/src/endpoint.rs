//! Webhook endpoints: the URLs that receive an organization's events.

use crate::ids::{EndpointId, OrganizationId, VendorProvisionerId};
use sea_orm::{FromJsonQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "endpoints")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EndpointId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The contract that defines the format of deliveries: `partner`, …
    pub contract: String,
    /// The URL, as normalised by the URL parser.
    pub url: String,
    /// The event types that it receives.
    pub types: Types,
    /// The description, given by the organization.
    pub description: Option<String>,
    /// The status.
    pub status: EndpointStatus,
    /// Why it was disabled.
    pub status_reason: Option<String>,
    /// When the status last changed.
    pub status_at: DateTimeUtc,
    /// Maximum number of concurrent deliveries.
    pub concurrency: i32,
    /// Whether a delivery waits for the end of the previous one.
    pub ordered: bool,
    /// Maximum number of deliveries per second.
    pub rate: Option<i32>,
    /// The header with the shared secret, where the contract has one.
    pub secret_header: Option<String>,
    /// The vendor's provisioner, if any: it receives the notifications of this one, and no events published to all
    /// endpoints.
    pub provisioner_id: Option<VendorProvisionerId>,
    /// The next sequence number.
    pub next_sequence: i64,
    /// When a newer webhook of the same provisioner replaced it; it is never used again.
    pub replaced_at: Option<DateTimeUtc>,
    /// When deliveries were resumed after a pause; the backlog is then sent slowly at first.
    pub resumed_at: Option<DateTimeUtc>,
    /// When the organization removed it; the sweeper deletes the row.
    pub deleted_at: Option<DateTimeUtc>,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// When something visible to the organization last changed: the registration, the status, the secrets.
    pub updated_at: DateTimeUtc,
}

/// Event types; `*` is all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Types(pub Vec<String>);

impl Types {
    /// Whether events of this type are included.
    pub fn include(&self, kind: &str) -> bool {
        self.0.iter().any(|wanted| wanted == "*" || wanted == kind)
    }
}

/// The status of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum EndpointStatus {
    /// Receives deliveries.
    #[sea_orm(string_value = "active")]
    Active,
    /// Deliveries wait until it is resumed.
    #[sea_orm(string_value = "paused")]
    Paused,
    /// Failed for too long, or responded that it is gone; no deliveries are created for it.
    #[sea_orm(string_value = "disabled")]
    Disabled,
}

impl EndpointStatus {
    /// The stored text.
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

    /// The endpoints of a vendor's provisioner.
    pub fn of_provisioner(provisioner: VendorProvisionerId) -> Select<Self> {
        Self::find().filter(Column::ProvisionerId.eq(provisioner)).filter(Column::DeletedAt.is_null())
    }

    /// The provisioner's endpoint that was not replaced. Replaced endpoints are never used again, because their URL and
    /// secret are outdated.
    pub fn latest_of_provisioner(provisioner: VendorProvisionerId) -> Select<Self> {
        Self::of_provisioner(provisioner).filter(Column::ReplacedAt.is_null()).order_by_desc(Column::Id)
    }

    /// The endpoints of the organization that a contract shows.
    pub fn shown_by(organization: OrganizationId, contract: &str) -> Select<Self> {
        Self::of(organization).filter(Column::Contract.eq(contract))
    }
}
