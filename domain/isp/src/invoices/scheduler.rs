//! Scheduled work: runs for past months, and overdue invoices. Every worker process calls it every minute; concurrent
//! calls process different rows.
//!
//! An organization's first run is started manually; later ones automatically.

use super::{Month, StartedRun, past_due, run};
use crate::charges::Zone;
use chrono::{DateTime, Utc};
use entities::ids::{JobId, OrganizationId};
use kernel::{Kernel, UnitOfWork, events::Actor, organizations};
use platform::error::{Error, Result};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

/// Marks overdue invoices and the subscriptions of their customers, and clears subscriptions without overdue invoices,
/// in transactions of some hundred rows.
pub async fn mark_overdue(kernel: &Kernel) -> Result<()> {
    loop {
        let work = UnitOfWork::new(kernel.clone(), Actor::platform());
        let is_more = mark_overdue_batch(&work).await?;
        work.commit().await?;
        if !is_more {
            return Ok(());
        }
    }
}

/// One transaction of this; returns whether there may be more.
pub(crate) async fn mark_overdue_batch(work: &UnitOfWork) -> Result<bool> {
    let most =
        [past_due::overdue(work).await?, past_due::mark(work).await?, past_due::clear_orphans(work).await?];
    Ok(most.iter().any(|count| i64::try_from(*count).unwrap_or(i64::MAX) >= past_due::STEP))
}

#[derive(FromQueryResult)]
struct Tenant {
    id: OrganizationId,
    name: String,
    time_zone: String,
    last_month: Option<String>,
}

/// The next automatic run of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextRun {
    /// The organization.
    pub id: OrganizationId,
    /// Its name.
    pub organization: String,
    /// The month and time; `None` before its first run, which is started manually.
    pub next: Option<(Month, DateTime<Utc>)>,
}

/// The next automatic run of each organization with subscriptions, by name; meaningless unless `invoices.enabled`.
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

    /// The month after the last started one; `None` without one.
    fn next_month(&self) -> Result<Option<Month>> {
        let last = self.last_month.as_ref().map(|month| month.parse::<Month>().map_err(Error::internal));
        Ok(last.transpose()?.map(Month::next))
    }
}

/// When a month is billed automatically.
fn due_at(kernel: &Kernel, month: Month, zone: &Zone) -> DateTime<Utc> {
    let settings = &kernel.settings.invoices;
    let [day, hour] = [settings.day, settings.hour].map(|it| i8::try_from(it).unwrap_or(1));
    month.next().instant(day, hour, zone)
}

/// Starts a run manually, as [`run::begin`] does. After the organization's first run, later months are billed
/// automatically; months that were due before must be started manually.
pub async fn begin_by_hand(work: &UnitOfWork, month: Month) -> Result<Option<StartedRun>> {
    let begun = run::begin(work, month).await?;
    let transaction = work.transaction().await?;
    let sql = "select 1 from invoice_runs where organization_id = $1 limit 1";
    let organization = work.actor.organization;
    let any = Statement::from_sql_and_values(transaction.get_database_backend(), sql, [organization.into()]);
    let is_first = transaction.query_one_raw(any).await?.is_none();
    let zone = organizations::zone(&transaction, organization).await?;
    if is_first {
        mark_billed(work, month.max(last_due(&work.kernel, &zone, work.now()))).await?;
    }
    mark_billed(work, month).await?;
    Ok(begun)
}

/// The last month due at a time.
fn last_due(kernel: &Kernel, zone: &Zone, now: DateTime<Utc>) -> Month {
    let last = Month::of(now, zone).previous();
    if due_at(kernel, last, zone) <= now { last } else { last.previous() }
}

/// Starts the due runs, each once: the months since the last started one. Nothing unless `invoices.enabled`, and
/// nothing for an organization without a run, whose first one is manual.
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

/// The months that are due and not started, oldest first.
fn due(kernel: &Kernel, tenant: &Tenant, now: DateTime<Utc>) -> Result<Vec<Month>> {
    let zone = tenant.zone()?;
    let months = std::iter::successors(tenant.next_month()?, |month| Some(month.next()));
    Ok(months.take_while(|month| due_at(kernel, *month, &zone) <= now).collect())
}

/// Records that a month of the actor's organization was started; false if it already was.
pub(crate) async fn mark_billed(work: &UnitOfWork, month: Month) -> Result<bool> {
    let transaction = work.transaction().await?;
    let sql = "insert into invoice_runs (organization_id, month, created_at) values ($1, $2, $3) on conflict do nothing";
    let values = [work.actor.organization.into(), month.to_string().into(), work.now().into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    Ok(transaction.execute_raw(statement).await?.rows_affected() > 0)
}

/// Starts a run and records it, unless another process does.
async fn begin(kernel: &Kernel, organization: OrganizationId, month: Month) -> Result<()> {
    let work = UnitOfWork::new(kernel.clone(), Actor::system(organization));
    if !mark_billed(&work, month).await? {
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
