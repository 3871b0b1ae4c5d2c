//! From when on changes of the plan are billed: the completion of their provisioning.
//!
//! What has been billed at once goes on as it was, but for the plans that the network was never given: changes made
//! after the last request of the subscription that completed. Those are billed when one completes.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(
            manager,
            "alter table subscription_changes drop column failed_at;
             alter table subscription_changes drop column billed_at",
        )
        .await
    }
}

const UP: &str = "
alter table subscription_changes add column billed_at {time};
alter table subscription_changes add column failed_at {time};
update subscription_changes set billed_at = effective_at
  where plan_id is not null and not exists (select 1 from network_services n
    where n.subscription_id = subscription_changes.subscription_id and n.removed_at is null
      and (subscription_changes.applied_at is null or subscription_changes.effective_at > coalesce(
        (select max(p.completed_at) from provisioning_requests p
          where p.customer_id = n.customer_id and p.subscription_id = n.subscription_id
            and p.status = 'COMPLETED'), subscription_changes.effective_at)))";
