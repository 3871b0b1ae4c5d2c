//! Provisioners of vendors: what an order can be given to. Each has a twin for simulations.

use crate::ids::{OrganizationId, VendorProvisionerId};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// One provisioner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "vendor_provisioners")]
pub struct Model {
    /// The provisioner's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VendorProvisionerId,
    /// The vendor.
    pub organization_id: OrganizationId,
    /// As the operator calls it; the twin has the same name.
    pub name: String,
    /// Whether it is the one for simulations.
    pub sandbox: bool,
    /// Whether it is made to take suspensions and resumptions, which are `Update`s. Others are not sent any.
    pub suspensions: bool,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The vendor's provisioners on one side.
    pub fn of(organization: OrganizationId, sandbox: bool) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).filter(Column::Sandbox.eq(sandbox))
    }

    /// Those of both sides, oldest first.
    pub fn of_both(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Id)
    }
}
