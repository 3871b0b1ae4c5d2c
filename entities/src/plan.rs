//! Plans: what can be subscribed to.

pub mod standard;

use crate::ids::{OrganizationId, PlanId, VendorProvisionerId};
use sea_orm::{Condition, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "plans")]
pub struct Model {
    /// The plan's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanId,
    /// Whose it is; none: everybody's who has no plan of this code of their own.
    pub organization_id: Option<OrganizationId>,
    /// What people and files call it: capitals, digits and `_`. An organization's own plan takes the place of
    /// everybody's of the same code.
    pub code: String,
    /// As invoices say it.
    pub name: String,
    /// The higher, the better: what is an upgrade goes to a higher one.
    pub rank: i32,
    /// To the customer, in Mbit/s.
    pub download_mbps: i32,
    /// From the customer, in Mbit/s.
    pub upload_mbps: i32,
    /// For a month, in cents, before promotions and tax.
    pub monthly_cents: i64,
    /// Once, in cents.
    pub activation_cents: i64,
    /// What makes it work in the network.
    pub provisioner: Provisioner,
    /// Whose orders those are, where another company does: of the live side.
    pub vendor_provisioner_id: Option<VendorProvisionerId>,
}

/// What makes a service work in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum Provisioner {
    /// Nothing real: for sandboxes and tests.
    #[sea_orm(string_value = "simulator")]
    Simulator,
    /// A RADIUS server's database.
    #[sea_orm(string_value = "radius")]
    Radius,
    /// Another company.
    #[sea_orm(string_value = "vendor")]
    Vendor,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The organization's own plans, and everybody's, from the lowest; of a code its own come last.
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
