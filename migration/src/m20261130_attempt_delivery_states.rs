//! Attempts of vendors keep how their delivery ended, as the log of deliveries has it now: the log is swept.

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
            "drop index vendor_attempts_delivered;
             alter table vendor_attempts drop column delivery_error;
             alter table vendor_attempts drop column delivery_state",
        )
        .await
    }
}

const UP: &str = "
alter table vendor_attempts add column delivery_state text;
alter table vendor_attempts add column delivery_error text;
create index vendor_attempts_delivered on vendor_attempts (event_id) where event_id is not null;
update vendor_attempts set delivery_state = 'success'
  where exists (select 1 from deliveries d where d.event_id = vendor_attempts.event_id and d.state = 'success');
update vendor_attempts set delivery_state = 'failed',
    delivery_error = (select d.error from deliveries d
      where d.event_id = vendor_attempts.event_id and d.error is not null order by d.attempt desc limit 1)
  where delivery_state is null and 'failed' = (select d.state from deliveries d
    where d.event_id = vendor_attempts.event_id order by d.attempt desc limit 1)";
