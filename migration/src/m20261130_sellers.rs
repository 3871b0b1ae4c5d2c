//! Who bills: what invoices say of an organization.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, TABLE).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, "drop table sellers").await
    }
}

// Of its own, so that who asks for an organization is not handed a picture.
const TABLE: &str = "
create table sellers (
  organization_id {uuid} primary key not null references organizations (id) on delete cascade,
  name text,
  address text,
  tax_number text,
  bank_details text,
  email text,
  phone text,
  logo {bytes},
  updated_at {time} not null
)";
