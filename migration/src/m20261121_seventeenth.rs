//! Services that vendors make work: jobs that wait for an answer from outside, which vendor a plan and what was
//! subscribed to have, and what the vendor calls it.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in [WAITING, VENDORS, PLANS] {
            execute(manager, sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(
            manager,
            "alter table network_services drop column plan_id;
             alter table network_services drop column vendor_provisioner_id;
             alter table subscriptions drop column external_ids;
             alter table subscriptions drop column vendor_provisioner_id;
             alter table plans drop column vendor_provisioner_id;
             alter table jobs drop column woken_at",
        )
        .await
    }
}

// Set while the job runs, by who brings what it may be about to wait for.
const WAITING: &str = "alter table jobs add column woken_at {time}";

const VENDORS: &str = "
alter table plans add column vendor_provisioner_id {uuid};
alter table subscriptions add column vendor_provisioner_id {uuid};
alter table subscriptions add column external_ids {json};
alter table network_services add column vendor_provisioner_id {uuid}";

// Which plan a service was last made for: a vendor is told which product it takes the place of.
const PLANS: &str = "
alter table network_services add column plan_id {uuid};
update network_services set plan_id = (select s.plan_id from subscriptions s where s.id = subscription_id)";
