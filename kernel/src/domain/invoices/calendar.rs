//! What time brings: runs for months that are over, and invoices that are overdue. Every worker process asks
//! for it every minute; two at once do different rows, or one finds nothing.

use super::{Month, run, standing};
use crate::{
    Kernel, Work,
    domain::charges::Zone,
    error::{Error, Result},
    events::Actor,
};
use chrono::{DateTime, Utc};
use entities::ids::{JobId, OrganizationId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

/// Marks what has not been paid in time, and the subscriptions of those who owe it; those of who does not any
/// more are active again. A transaction for some hundred rows.
pub async fn mark_overdue(kernel: &Kernel) -> Result<()> {
    loop {
        let work = Work::new(kernel.clone(), Actor::platform());
        let is_more = mark_some(&work).await?;
        work.commit().await?;
        if !is_more {
            return Ok(());
        }
    }
}

/// Some hundred rows of that; whether there may be more.
pub(in crate::domain) async fn mark_some(work: &Work) -> Result<bool> {
    let most =
        [standing::overdue(work).await?, standing::warn(work).await?, standing::lift_left_over(work).await?];
    Ok(most.iter().any(|count| i64::try_from(*count).unwrap_or(i64::MAX) >= standing::STEP))
}

#[derive(FromQueryResult)]
struct Tenant {
    id: OrganizationId,
    time_zone: String,
    last_month: Option<String>,
}

/// Begins the runs that are due, each once: of an organization the month before this one, and those since the
/// last that the calendar began, if nobody was there to begin them. Nothing unless `invoices.enabled`.
pub async fn begin_due(kernel: &Kernel) -> Result<()> {
    if !kernel.settings.invoices.enabled {
        return Ok(());
    }
    let db = kernel.db.reader();
    let sql = "select o.id, o.time_zone,
        (select max(r.month) from invoice_runs r where r.organization_id = o.id) as last_month
      from organizations o where exists (select 1 from subscriptions s where s.organization_id = o.id)";
    let tenants = Tenant::find_by_statement(Statement::from_string(db.get_database_backend(), sql));
    for tenant in tenants.all(db).await? {
        for month in due(kernel, &tenant, kernel.clock.now())? {
            begin(kernel, tenant.id, month).await?;
        }
    }
    Ok(())
}

/// The months that are due and not begun, the oldest first.
fn due(kernel: &Kernel, tenant: &Tenant, now: DateTime<Utc>) -> Result<Vec<Month>> {
    let parse = |month: &String| month.parse::<Month>().map_err(Error::internal);
    let (zone, settings): (Zone, _) =
        (tenant.time_zone.parse().map_err(Error::internal)?, &kernel.settings.invoices);
    let [day, hour] = [settings.day, settings.hour].map(|it| i8::try_from(it).unwrap_or(1));
    let this = Month::of(now, &zone);
    let last = if now < this.instant(day, hour, &zone) { this.previous() } else { this }.previous();
    let begun = tenant.last_month.as_ref().map(parse).transpose()?;
    let first = begun.map_or(last, Month::next);
    Ok(std::iter::successors(Some(first), |month| Some(month.next())).take_while(|it| *it <= last).collect())
}

/// Notes that the calendar has nothing more to do for a month of the actor's organization; false when that was noted
/// before.
pub(in crate::domain) async fn note(work: &Work, month: Month) -> Result<bool> {
    let transaction = work.transaction().await?;
    let sql = "insert into invoice_runs (organization_id, month, created_at) values ($1, $2, $3) on conflict do nothing";
    let values = [work.actor.organization.into(), month.to_string().into(), work.now().into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    Ok(transaction.execute_raw(statement).await?.rows_affected() > 0)
}

/// Begins a run, and notes that it was begun, unless somebody else does.
async fn begin(kernel: &Kernel, organization: OrganizationId, month: Month) -> Result<()> {
    let work = Work::new(kernel.clone(), Actor::system(organization));
    if !note(&work, month).await? {
        return work.abandon().await;
    }
    let begun = run::begin(&work, month).await?;
    let job: Option<JobId> = begun.as_ref().map(|begun| begun.job);
    let sql = "update invoice_runs set job_id = $3 where organization_id = $1 and month = $2";
    let values = [organization.into(), month.to_string().into(), job.into()];
    let transaction = work.transaction().await?;
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    transaction.execute_raw(statement).await?;
    drop(transaction);
    work.commit().await?;
    tracing::info!(%organization, %month, job = job.map(|id| id.to_string()), "began to bill a month");
    Ok(())
}
