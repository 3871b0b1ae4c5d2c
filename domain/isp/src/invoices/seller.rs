//! The seller of invoices.

use entities::{ids::OrganizationId, invoice::Seller};
use platform::error::{Error, Result};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

/// The organization's current seller details, with defaults from the organization.
pub(super) async fn current(db: &impl ConnectionTrait, organization: OrganizationId) -> Result<Seller> {
    let sql = "select coalesce(s.name, o.name) as name, s.address, s.tax_number, s.bank_details,
        coalesce(s.email, o.email) as email, s.phone
      from organizations o left join sellers s on s.organization_id = o.id where o.id = $1";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [organization.into()]);
    Seller::find_by_statement(statement).one(db).await?.ok_or(Error::NotFound("Organization"))
}
