//! What time brings: runs for months that are over, and invoices that are overdue. Every worker process asks
//! for it every minute; two at once do different rows, or one finds nothing.
//!
//! Billing does not begin by itself: an organization's first run is begun by hand, and the calendar goes on from there.

use super::{Begun, Month, run, standing};
use crate::{
    Kernel, UnitOfWork,
    domain::{charges::Zone, organizations},
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
        let work = UnitOfWork::new(kernel.clone(), Actor::platform());
        let is_more = mark_some(&work).await?;
        work.commit().await?;
        if !is_more {
            return Ok(());
        }
    }
}

/// Some hundred rows of that; whether there may be more.
pub(in crate::domain) async fn mark_some(work: &UnitOfWork) -> Result<bool> {
    let most =
        [standing::overdue(work).await?, standing::warn(work).await?, standing::lift_left_over(work).await?];
    Ok(most.iter().any(|count| i64::try_from(*count).unwrap_or(i64::MAX) >= standing::STEP))
}

#[derive(FromQueryResult)]
struct Tenant {
    id: OrganizationId,
    name: String,
    time_zone: String,
    last_month: Option<String>,
}

/// When an organization is billed next by the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextRun {
    /// Of which organization.
    pub id: OrganizationId,
    /// What it is called.
    pub organization: String,
    /// Which month, and from when on; none before its first run, which is begun by hand.
    pub next: Option<(Month, DateTime<Utc>)>,
}

/// When each organization with subscriptions is billed next, by name; nothing is begun unless `invoices.enabled`.
pub async fn next_runs(kernel: &Kernel) -> Result<Vec<NextRun>> {
    let next = |tenant: Tenant| {
        let month = tenant.next_month()?;
        let next = month.map(|month| Ok::<_, Error>((month, due_at(kernel, month, &tenant.zone()?))));
        Ok(NextRun { id: tenant.id, next: next.transpose()?, organization: tenant.name })
    };
    tenants(kernel).await?.into_iter().map(next).collect()
}

async fn tenants(kernel: &Kernel) -> Result<Vec<Tenant>> {
    let db = kernel.db.reader();
    let sql = "select o.id, o.name, o.time_zone,
        (select max(r.month) from invoice_runs r where r.organization_id = o.id) as last_month
      from organizations o where exists (select 1 from subscriptions s where s.organization_id = o.id)
      order by o.name";
    let tenants = Tenant::find_by_statement(Statement::from_string(db.get_database_backend(), sql));
    Ok(tenants.all(db).await?)
}

impl Tenant {
    fn zone(&self) -> Result<Zone> {
        self.time_zone.parse().map_err(Error::internal)
    }

    /// The month after the last that was begun; none where none was.
    fn next_month(&self) -> Result<Option<Month>> {
        let last = self.last_month.as_ref().map(|month| month.parse::<Month>().map_err(Error::internal));
        Ok(last.transpose()?.map(Month::next))
    }
}

/// From when on the calendar bills a month.
fn due_at(kernel: &Kernel, month: Month, zone: &Zone) -> DateTime<Utc> {
    let settings = &kernel.settings.invoices;
    let [day, hour] = [settings.day, settings.hour].map(|it| i8::try_from(it).unwrap_or(1));
    month.next().instant(day, hour, zone)
}

/// Begins a run by hand, as [`run::begin`] does. From the organization's first on, the calendar goes on with the
/// months that become due: those that were due before are begun by hand too, if they are wanted.
pub async fn begin_by_hand(work: &UnitOfWork, month: Month) -> Result<Option<Begun>> {
    let begun = run::begin(work, month).await?;
    let transaction = work.transaction().await?;
    let sql = "select 1 from invoice_runs where organization_id = $1 limit 1";
    let organization = work.actor.organization;
    let any = Statement::from_sql_and_values(transaction.get_database_backend(), sql, [organization.into()]);
    let is_first = transaction.query_one_raw(any).await?.is_none();
    let zone = organizations::zone(&transaction, organization).await?;
    if is_first {
        note(work, month.max(last_due(&work.kernel, &zone, work.now()))).await?;
    }
    note(work, month).await?;
    Ok(begun)
}

/// The last month that was due by then.
fn last_due(kernel: &Kernel, zone: &Zone, now: DateTime<Utc>) -> Month {
    let last = Month::of(now, zone).previous();
    if due_at(kernel, last, zone) <= now { last } else { last.previous() }
}

/// Begins the runs that are due, each once: the months since the last that was begun. Nothing unless
/// `invoices.enabled`, and nothing for an organization without a run: its first is begun by hand.
pub async fn begin_due(kernel: &Kernel) -> Result<()> {
    if !kernel.settings.invoices.enabled {
        return Ok(());
    }
    for tenant in tenants(kernel).await? {
        for month in due(kernel, &tenant, kernel.clock.now())? {
            begin(kernel, tenant.id, month).await?;
        }
    }
    Ok(())
}

/// The months that are due and not begun, the oldest first.
fn due(kernel: &Kernel, tenant: &Tenant, now: DateTime<Utc>) -> Result<Vec<Month>> {
    let zone = tenant.zone()?;
    let months = std::iter::successors(tenant.next_month()?, |month| Some(month.next()));
    Ok(months.take_while(|month| due_at(kernel, *month, &zone) <= now).collect())
}

/// Notes that the calendar has nothing more to do for a month of the actor's organization; false when that was noted
/// before.
pub(in crate::domain) async fn note(work: &UnitOfWork, month: Month) -> Result<bool> {
    let transaction = work.transaction().await?;
    let sql = "insert into invoice_runs (organization_id, month, created_at) values ($1, $2, $3) on conflict do nothing";
    let values = [work.actor.organization.into(), month.to_string().into(), work.now().into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    Ok(transaction.execute_raw(statement).await?.rows_affected() > 0)
}

/// Begins a run, and notes that it was begun, unless somebody else does.
async fn begin(kernel: &Kernel, organization: OrganizationId, month: Month) -> Result<()> {
    let work = UnitOfWork::new(kernel.clone(), Actor::system(organization));
    if !note(&work, month).await? {
        return work.rollback().await;
    }
    let begun = run::begin(&work, month).await?;
    let job: Option<JobId> = begun.as_ref().map(|begun| begun.job);
    let sql = "update invoice_runs set job_id = $3 where organization_id = $1 and month = $2";
    let values = [organization.into(), month.to_string().into(), job.into()];
    let backend = kernel.db.writer().get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, values);
    work.transaction().await?.execute_raw(statement).await?;
    work.commit().await?;
    tracing::info!(%organization, %month, job = job.map(|id| id.to_string()), "began to bill a month");
    Ok(())
}
