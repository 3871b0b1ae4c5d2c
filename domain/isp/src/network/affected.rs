//! Counts the customers affected by an outage.

use entities::{customer::CustomerStatus, ids::OrganizationId, outage::CustomersByZip};
use platform::{
    bulk::{self, SqlType},
    error::{Error, Result},
};
use sea_orm::{ActiveEnum, ConnectionTrait, FromQueryResult};
use serde::Serialize;

/// Counts the organization's active customers by the ZIP code of their service address, in one statement. It reads all
/// of the organization's customers, so it runs when an outage is written, not when it is read.
pub(super) async fn count(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    zips: impl Iterator<Item = &str> + Clone,
) -> Result<CustomersByZip> {
    #[derive(Serialize)]
    struct Row<'a> {
        zip: &'a str,
    }
    #[derive(FromQueryResult)]
    struct Counted {
        zip: String,
        customers: i64,
    }
    let rows: Vec<_> = zips.clone().map(|zip| Row { zip }).collect();
    let more = [organization.into(), CustomerStatus::Active.to_value().into()];
    let statement = bulk::statement(db, COUNT, &[("zip", SqlType::Text)], &rows, more)?;
    let mut counts: CustomersByZip = CustomersByZip(zips.map(|zip| (zip.to_owned(), 0)).collect());
    for Counted { zip, customers } in Counted::find_by_statement(statement).all(db).await? {
        counts.0.insert(zip, u64::try_from(customers).map_err(Error::internal)?);
    }
    Ok(counts)
}

/// An address may have a ZIP+4 code, whose first five digits are the ZIP code.
const COUNT: &str = "
select substr(service_address->>'zip', 1, 5) as zip, count(*) as customers from customers
where organization_id = $2 and status = $3 and substr(service_address->>'zip', 1, 5) in (select zip from {rows})
group by 1";
