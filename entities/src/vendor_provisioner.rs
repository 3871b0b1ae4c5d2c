//! Provisioners of vendors, which orders are assigned to. Each has a sandbox counterpart for simulations.

use crate::ids::{OrganizationId, VendorProvisionerId};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// A provisioner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "vendor_provisioners")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VendorProvisionerId,
    /// The vendor.
    pub organization_id: OrganizationId,
    /// The name, given by the operator; the sandbox counterpart has the same name.
    pub name: String,
    /// Whether it is the sandbox counterpart.
    pub sandbox: bool,
    /// Whether it supports suspensions and resumptions, which are sent as `Update`. If not, none are sent.
    pub suspensions: bool,
    /// When it was created.
    pub created_at: DateTimeUtc,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The vendor's provisioners, live or sandbox.
    pub fn of(organization: OrganizationId, sandbox: bool) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).filter(Column::Sandbox.eq(sandbox))
    }

    /// The vendor's provisioners, live and sandbox, oldest first.
    pub fn of_both(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Id)
    }
}
