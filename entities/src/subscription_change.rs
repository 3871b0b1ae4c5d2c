//! What was done to subscriptions, and what is planned for them.

use crate::ids::{OrganizationId, PlanId, SubscriptionChangeId, SubscriptionId};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// One change of one subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "subscription_changes")]
pub struct Model {
    /// The change's key; later changes have later ones.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SubscriptionChangeId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// What is changed.
    pub subscription_id: SubscriptionId,
    /// When it takes effect, to the second.
    pub effective_at: DateTimeUtc,
    /// What it is, with the prices that it brings, in the kernel's words.
    pub kind: Json,
    /// The plan that it brings, if it brings one.
    pub plan_id: Option<PlanId>,
    /// When it was carried out; none: it is planned.
    pub applied_at: Option<DateTimeUtc>,
    /// From when on the plan that it brings is billed: the completion of its provisioning, or `effective_at` where
    /// nothing is to be provisioned. None: not yet, or, if the provisioning failed, never. Without a plan it says
    /// nothing.
    pub billed_at: Option<DateTimeUtc>,
    /// When the provisioning of the plan that it brings failed: the subscription then has the plan before again.
    pub failed_at: Option<DateTimeUtc>,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All that was done to a subscription and is planned for it, in the order of its taking effect.
    pub fn of(subscription: SubscriptionId) -> Select<Self> {
        Self::find()
            .filter(Column::SubscriptionId.eq(subscription))
            .order_by_asc(Column::EffectiveAt)
            .order_by_asc(Column::Id)
    }
}
