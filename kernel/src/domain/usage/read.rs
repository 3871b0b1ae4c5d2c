//! What a customer used: this month, and the months before.

use super::month::{SUMS, Used, minutes};
use crate::{
    Kernel,
    domain::charges::{Month, Span, Zone},
    error::{Error, Result},
    rows::{self, Type},
};
use chrono::NaiveDate;
use entities::{
    customer,
    ids::{CustomerId, OrganizationId},
    organization,
};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait};
use serde::Serialize;

/// One month of the past.
#[derive(Debug, Clone, Copy)]
pub struct Past {
    /// Which.
    pub month: Month,
    /// What was used in it.
    pub used: Used,
    /// How many of its minutes are over.
    pub minutes: i64,
}

/// What a customer has used in the present month of the organization's calendar, and when that begins and ends.
pub async fn current(kernel: &Kernel, organization: OrganizationId, id: CustomerId) -> Result<(Span, Used)> {
    let zone = zone(kernel, organization, id).await?;
    let month = Month::of(kernel.clock.now(), &zone);
    let used = sums(kernel, id, &[month]).await?.pop().unwrap_or_default();
    Ok((month.span(&zone), used))
}

/// What a customer used in so many months, the oldest first; the last one is that of the day `end`, or the present
/// one. The day that was asked for, too.
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

/// The time zone of the organization, if the customer is its.
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
    let fields = &[("place", Type::Int), ("begins", Type::Date), ("ends", Type::Date)];
    let statement = rows::statement(db, SUMS, fields, &rows, [customer.into()])?;
    Ok(Used::find_by_statement(statement).all(db).await?)
}
