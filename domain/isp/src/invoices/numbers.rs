//! Invoice numbers: consecutive within an organization and year, without gaps.

use entities::ids::OrganizationId;
use platform::error::{Error, Result};
use sea_orm::{ConnectionTrait, Statement};
use std::ops::Range;

/// Takes this many numbers of a year. Other transactions of the organization wait for the end of this one; a rollback
/// returns the numbers, so there are no gaps.
pub(super) async fn take(
    transaction: &impl ConnectionTrait,
    organization: OrganizationId,
    year: i32,
    count: i64,
) -> Result<Range<i64>> {
    let sql = "insert into invoice_numbers (organization_id, year, last) values ($1, $2, $3)
      on conflict (organization_id, year) do update set last = invoice_numbers.last + excluded.last
      returning last";
    let values = [organization.into(), year.into(), count.into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    let row = transaction.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| Error::internal("no numbers were given"))?;
    let last: i64 = row.try_get("", "last")?;
    Ok(last - count + 1..last + 1)
}

/// Formats a number: `INV-2026-000001`.
pub(super) fn shown(year: i32, number: i64) -> String {
    format!("INV-{year}-{number:06}")
}
