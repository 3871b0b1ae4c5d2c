//! Subscriptions are charged from their installation on, and billing begins by itself only where it has begun.
//!
//! A subscription that began by its start date, whose installation has not completed, and whose customer has never got
//! an invoice, is pending again: its installation begins it. Organizations that have billed anybody go on by
//! themselves, from their last month on.

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
        execute(manager, "alter table subscriptions drop column already_installed").await
    }
}

// Pending subscriptions have no changes.
const UP: &str = "
alter table subscriptions add column already_installed boolean not null default false;
update subscriptions set status = 'PENDING', started_at = null
  where status = 'ACTIVE' and started_at = starts_at
    and exists (select 1 from provisioning_requests p where p.customer_id = subscriptions.customer_id
      and p.subscription_id = subscriptions.id and p.type = 'NEW_INSTALL' and p.status <> 'COMPLETED')
    and not exists (select 1 from network_services n where n.subscription_id = subscriptions.id)
    and not exists (select 1 from invoices i where i.customer_id = subscriptions.customer_id)
    and (select count(*) from subscription_changes c where c.subscription_id = subscriptions.id) = 1;
delete from subscription_changes where subscription_id in
  (select id from subscriptions where status = 'PENDING' and started_at is null);
insert into invoice_runs (organization_id, month, created_at)
  select i.organization_id, max(i.month), max(i.created_at) from invoices i
  where not exists (select 1 from invoice_runs r where r.organization_id = i.organization_id)
  group by i.organization_id";
