//! Plans that can be subscribed to.

pub mod standard;

use crate::ids::{OrganizationId, PlanId, VendorProvisionerId};
use sea_orm::{Condition, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "plans")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanId,
    /// The organization; `None` for a plan of all organizations that have none of the same code.
    pub organization_id: Option<OrganizationId>,
    /// The code: capitals, digits and `_`. An organization's plan replaces the common plan of the same code.
    pub code: String,
    /// The name, as on invoices.
    pub name: String,
    /// The rank: an upgrade leads to a higher one.
    pub rank: i32,
    /// Download speed, in Mbit/s.
    pub download_mbps: i32,
    /// Upload speed, in Mbit/s.
    pub upload_mbps: i32,
    /// The monthly price, in cents, before promotions and tax.
    pub monthly_cents: i64,
    /// The activation price, in cents.
    pub activation_cents: i64,
    /// The provisioner.
    pub provisioner: Provisioner,
    /// The vendor's provisioner for orders, if a vendor provisions the plan; a live one.
    pub vendor_provisioner_id: Option<VendorProvisionerId>,
}

/// The system that provisions a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum Provisioner {
    /// The simulator, for sandboxes and tests.
    #[sea_orm(string_value = "simulator")]
    Simulator,
    /// The database of a RADIUS server.
    #[sea_orm(string_value = "radius")]
    Radius,
    /// A vendor.
    #[sea_orm(string_value = "vendor")]
    Vendor,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The organization's plans and the common ones, lowest rank first; of the same code, the organization's plan is
    /// last.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find()
            .filter(
                Condition::any()
                    .add(Column::OrganizationId.eq(organization))
                    .add(Column::OrganizationId.is_null()),
            )
            .order_by_asc(Column::Rank)
            .order_by_asc(Column::OrganizationId.is_not_null())
    }
}
