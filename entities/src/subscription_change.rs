//! Changes of subscriptions, applied and scheduled.

use crate::ids::{OrganizationId, PlanId, SubscriptionChangeId, SubscriptionId};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// A change of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "subscription_changes")]
pub struct Model {
    /// The id; later changes sort later.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SubscriptionChangeId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// When it takes effect, in whole seconds.
    pub effective_at: DateTimeUtc,
    /// The change, with the new prices, in the kernel's format.
    pub kind: Json,
    /// The new plan, if the plan changes.
    pub plan_id: Option<PlanId>,
    /// When it was applied; `None` while it is scheduled.
    pub applied_at: Option<DateTimeUtc>,
    /// When billing of the new plan starts: on completion of the provisioning, or at `effective_at` if nothing has to
    /// be provisioned. `None`: not yet, or never, if the provisioning failed. Without meaning if there is no new plan.
    pub billed_at: Option<DateTimeUtc>,
    /// When the provisioning of the new plan failed; the subscription then has the previous plan again.
    pub failed_at: Option<DateTimeUtc>,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All changes of the subscription, applied and scheduled, in the order in which they take effect.
    pub fn of(subscription: SubscriptionId) -> Select<Self> {
        Self::find()
            .filter(Column::SubscriptionId.eq(subscription))
            .order_by_asc(Column::EffectiveAt)
            .order_by_asc(Column::Id)
    }
}
