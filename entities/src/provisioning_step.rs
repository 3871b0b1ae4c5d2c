//! The steps of provisioning requests, in the order of execution; they are rolled back in reverse order.

use crate::ids::ProvisioningId;
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// A step of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "provisioning_steps")]
pub struct Model {
    /// The request.
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: ProvisioningId,
    /// The position of the step, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i32,
    /// The name, which says what the step does.
    pub name: StepName,
    /// The state.
    pub state: StepState,
    /// The result.
    pub detail: Option<Json>,
    /// When the state last changed.
    pub at: DateTimeUtc,
}

/// The name of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// Reserves addresses.
    #[sea_orm(string_value = "addresses")]
    Addresses,
    /// Assigns an ONT.
    #[sea_orm(string_value = "ont")]
    Ont,
    /// Changes the network.
    #[sea_orm(string_value = "network")]
    Network,
    /// Reads the configuration back from the network.
    #[sea_orm(string_value = "verify")]
    Verify,
    /// Releases the addresses and the ONT.
    #[sea_orm(string_value = "release")]
    Release,
    /// Activates or ends the subscription.
    #[sea_orm(string_value = "subscription")]
    Subscription,
}

/// The state of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not done, or not known to be.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// Done.
    #[sea_orm(string_value = "done")]
    Done,
    /// Was done, or may have been, and was rolled back.
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
