//! E-mail addresses are compared with their domains as DNS knows them. Of two customers whose addresses are the same by
//! that, one keeps what it had.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use sea_orm::{DbBackend, Statement, entity::prelude::Uuid};
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (db, backend) = (manager.get_connection(), manager.get_database_backend());
        for (organization, before) in beyond_ascii(manager).await? {
            let Some(after) = normalized(&before) else { continue };
            let values = [organization.into(), before.into(), after.into()];
            let statement = Statement::from_sql_and_values(backend, RENAME, values);
            db.execute_raw(statement).await?;
        }
        Ok(())
    }

    /// The version before finds an address by another spelling only where it was written so.
    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

const RENAME: &str = "
update customers set email_key = $3
 where organization_id = $1 and email_key = $2
   and not exists (select 1 from customers other where other.organization_id = $1 and other.email_key = $3)";

/// The addresses that are not ASCII alone, with their organizations.
async fn beyond_ascii(manager: &SchemaManager<'_>) -> Result<Vec<(Uuid, String)>, DbErr> {
    let backend = manager.get_database_backend();
    let bytes = match backend {
        DbBackend::Postgres => "octet_length(email_key)",
        _ => "length(cast(email_key as blob))",
    };
    let sql = format!(
        "select organization_id, email_key from customers where {bytes} <> length(email_key) order by 1, 2"
    );
    let rows = manager.get_connection().query_all_raw(Statement::from_string(backend, sql)).await?;
    rows.into_iter()
        .map(|row| Ok((row.try_get("", "organization_id")?, row.try_get("", "email_key")?)))
        .collect()
}

fn normalized(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let (rules, hyphens) = (AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    let domain = Uts46::new().to_ascii(domain.as_bytes(), rules, hyphens, DnsLength::Verify).ok()?;
    Some(format!("{local}@{domain}"))
}
