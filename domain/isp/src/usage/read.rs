//! A customer's usage of the current month and past months.

use super::month::{SUMS, Used, minutes};
use crate::charges::{Month, TimeRange, Zone};
use chrono::NaiveDate;
use entities::{
    customer,
    ids::{CustomerId, OrganizationId},
    organization,
};
use kernel::Kernel;
use platform::{
    bulk::{self, SqlType},
    error::{Error, Result},
};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait};
use serde::Serialize;

/// A past month.
#[derive(Debug, Clone, Copy)]
pub struct Past {
    /// The month.
    pub month: Month,
    /// Its usage.
    pub used: Used,
    /// The number of elapsed minutes.
    pub minutes: i64,
}

/// A customer's usage in the current month of the organization's time zone, and the month's range.
pub async fn current(
    kernel: &Kernel,
    organization: OrganizationId,
    id: CustomerId,
) -> Result<(TimeRange, Used)> {
    let zone = zone(kernel, organization, id).await?;
    let month = Month::of(kernel.clock.now(), &zone);
    let used = sums(kernel, id, &[month]).await?.pop().unwrap_or_default();
    Ok((month.span(&zone), used))
}

/// A customer's usage in this many months, oldest first, up to that of the day `end` or the current one; returns that
/// day too.
pub async fn history(
    kernel: &Kernel,
    organization: OrganizationId,
    id: CustomerId,
    months: u16,
    end: Option<NaiveDate>,
) -> Result<(NaiveDate, Vec<Past>)> {
    let (zone, now) = (zone(kernel, organization, id).await?, kernel.clock.now());
    let end = end.unwrap_or_else(|| zone.date(now));
    let back = std::iter::successors(Some(Month::from(end)), |month| Some(month.previous()));
    let mut wanted: Vec<_> = back.take(months.into()).collect();
    wanted.reverse();
    let sums = sums(kernel, id, &wanted).await?;
    let past = |(month, used): (Month, Used)| Past { month, used, minutes: minutes(month, &zone, now) };
    Ok((end, wanted.into_iter().zip(sums).map(past).collect()))
}

/// The organization's time zone, if the customer belongs to it.
async fn zone(kernel: &Kernel, organization: OrganizationId, id: CustomerId) -> Result<Zone> {
    let its =
        customer::Entity::one_of(organization, id).select_only().column(customer::Column::OrganizationId);
    let found = organization::Entity::find()
        .filter(organization::Column::Id.in_subquery(its.into_query()))
        .one(kernel.db.reader())
        .await?;
    found.ok_or(Error::NotFound("Customer"))?.time_zone.parse().map_err(Error::internal)
}

#[derive(Serialize)]
struct Days {
    place: usize,
    begins: NaiveDate,
    ends: NaiveDate,
}

async fn sums(kernel: &Kernel, customer: CustomerId, months: &[Month]) -> Result<Vec<Used>> {
    let days = |(place, month): (usize, &Month)| Days {
        place,
        begins: month.first_day(),
        ends: month.next().first_day(),
    };
    let (rows, db) = (months.iter().enumerate().map(days).collect::<Vec<_>>(), kernel.db.reader());
    let fields = &[("place", SqlType::Int), ("begins", SqlType::Date), ("ends", SqlType::Date)];
    let statement = bulk::statement(db, SUMS, fields, &rows, [customer.into()])?;
    Ok(Used::find_by_statement(statement).all(db).await?)
}
