//! The steps of provisioning requests, in the order in which they are done; they are undone from the last.

use crate::ids::ProvisioningId;
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// One step of one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "provisioning_steps")]
pub struct Model {
    /// Of which request.
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: ProvisioningId,
    /// Which one, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i32,
    /// What it does.
    pub name: StepName,
    /// Whether it is done.
    pub state: StepState,
    /// What came of it.
    pub detail: Option<Json>,
    /// Since when it stands so.
    pub at: DateTimeUtc,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// Reserves addresses.
    #[sea_orm(string_value = "addresses")]
    Addresses,
    /// Takes a box.
    #[sea_orm(string_value = "ont")]
    Ont,
    /// Changes the network.
    #[sea_orm(string_value = "network")]
    Network,
    /// Reads the network back.
    #[sea_orm(string_value = "verify")]
    Verify,
    /// Gives addresses and box back.
    #[sea_orm(string_value = "release")]
    Release,
    /// Begins or ends the subscription.
    #[sea_orm(string_value = "subscription")]
    Subscription,
}

/// Whether a step is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not yet, or not known to be.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// It is.
    #[sea_orm(string_value = "done")]
    Done,
    /// It was done, or may have been, and was rolled back.
    #[sea_orm(string_value = "undone")]
    Undone,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The steps of a request, in their order.
    pub fn of(request: ProvisioningId) -> Select<Self> {
        Self::find().filter(Column::RequestId.eq(request)).order_by_asc(Column::Place)
    }
}
