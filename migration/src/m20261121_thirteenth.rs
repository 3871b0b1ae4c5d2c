//! What customers used, day by day.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, DAYS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, "drop table usage_days").await
    }
}

// A customer's day has one row, so that what is told again replaces what was told, and nothing is added up twice.
// Rates are whole kbit/s: SQLite has no decimals.
const DAYS: &str = "
create table usage_days (
  organization_id {uuid} not null references organizations (id),
  customer_id {uuid} not null references customers (id),
  day date not null,
  download_bytes bigint not null,
  upload_bytes bigint not null,
  peak_download_kbps bigint not null,
  peak_upload_kbps bigint not null,
  average_download_kbps bigint not null,
  average_upload_kbps bigint not null,
  sessions bigint not null,
  session_seconds bigint not null,
  outage_minutes bigint not null,
  source text not null,
  recorded_at {time} not null,
  primary key (customer_id, day)
)";
