//! Who bills, as each invoice says it: kept with the invoice, which shows it as it was when the invoice was made.
//! Invoices that are there show what the organization says of itself now.

use crate::dialect::execute;
use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let object = match manager.get_database_backend() {
            DbBackend::Postgres => "jsonb_build_object",
            _ => "json_object",
        };
        execute(manager, &UP.replace("{object}", object)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, "alter table invoices drop column seller").await
    }
}

const UP: &str = "
alter table invoices add column seller {json};
update invoices set seller = (select {object}('name', coalesce(s.name, o.name), 'address', s.address,
    'tax_number', s.tax_number, 'bank_details', s.bank_details, 'email', coalesce(s.email, o.email),
    'phone', s.phone)
  from organizations o left join sellers s on s.organization_id = o.id where o.id = invoices.organization_id)";
