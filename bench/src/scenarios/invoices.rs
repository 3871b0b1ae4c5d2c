//! Invoices: a run for a past month with many customers, without mail; and the rendering of PDFs.

use crate::{
    customers,
    platform::Ground,
    report::{Figure, Goal},
    yardsticks::rate,
};
use anyhow::{Context, Result, bail, ensure};
use chrono::{Months, TimeDelta, Utc};
use entities::{ids::OrganizationId, job};
use futures::{StreamExt, TryStreamExt, stream};
use invoice_pdf::{PdfRenderer, paid};
use isp::{
    charges::{Activation, Kind, Plan, from_cents},
    invoices::{self, InvoiceRenderer},
};
use kernel::{Kernel, UnitOfWork, events::Actor};
use platform::config::Settings;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Number of concurrent renderings: as many as processors.
const CONCURRENCY: usize = 2;

/// Measures the scenario. One worker runs the two job kinds of billing; mails are queued and not sent.
pub async fn run(customers: usize) -> Result<Vec<Figure>> {
    let mut figures = print(500).await?;
    let ground = Ground::scaled().await?;
    ground.key().await?;
    let kernel = ground.kernel().await?;
    let organization = customers::organization(&kernel).await?;
    populate(&kernel, organization, customers).await?;
    let _worker = ground.process(&["work", "--kinds", "invoice,invoice_run"], "working").await?;
    let month = invoices::month(&month_before())?;
    let work = UnitOfWork::new(kernel.clone(), Actor::system(organization));
    let begin = Instant::now();
    let run = invoices::begin(&work, month).await?.context("nobody to charge")?;
    work.commit().await?;
    ended(&kernel, run.job).await?;
    let took = begin.elapsed().as_secs_f64();
    check(&kernel, customers).await?;
    let goal = if customers == 100_000 { Goal::AtMost(60.0) } else { Goal::None };
    figures.push(Figure::new(format!("invoices: a run over {customers} customers"), took, "s", goal));
    Ok(figures)
}

async fn print(count: usize) -> Result<Vec<Figure>> {
    let renderer: Arc<dyn InvoiceRenderer> = Arc::new(PdfRenderer::new(&Settings::default())?);
    let render = |number: usize| {
        let (renderer, mut invoice) = (renderer.clone(), paid());
        invoice.number = Some(format!("INV-2026-{number:06}"));
        invoice.buyer.name = format!("Customer {number}");
        invoices::render(renderer, invoice)
    };
    render(0).await?;
    let begin = Instant::now();
    let sizes: Vec<_> =
        stream::iter(1..=count).map(render).buffer_unordered(CONCURRENCY).try_collect().await?;
    let per_second = rate(count, begin);
    ensure!(sizes.iter().all(|rendered| rendered.pdf.starts_with(b"%PDF-")), "not all are PDFs");
    Ok(vec![Figure::new("invoices: printed as PDF", per_second, "/s", Goal::AtLeast(100.0))])
}

async fn ended(kernel: &Kernel, id: entities::ids::JobId) -> Result<()> {
    loop {
        let job = job::Entity::find_by_id(id).one(kernel.db.reader()).await?.context("the run is gone")?;
        match job.state {
            job::JobState::Succeeded => return Ok(()),
            state if state.is_final() => bail!("the run has ended as {state:?}: {:?}", job.last_error),
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Checks that every customer has one invoice, and that the numbers have no gaps.
async fn check(kernel: &Kernel, customers: usize) -> Result<()> {
    let sql =
        "select count(distinct customer_id) as n, max(substr(number, 10))::bigint as last from invoices";
    let row = kernel.db.reader().query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let row = row.context("no count")?;
    let (made, last): (i64, i64) = (row.try_get("", "n")?, row.try_get("", "last")?);
    let wanted = i64::try_from(customers)?;
    ensure!(
        (made, last) == (wanted, wanted),
        "{made} of {customers} have invoices; the last is number {last}"
    );
    Ok(())
}

fn month_before() -> String {
    (Utc::now() - Months::new(1)).format("%Y-%m").to_string()
}

/// Creates customers with subscriptions that started two months ago.
async fn populate(kernel: &Kernel, organization: OrganizationId, customers: usize) -> Result<()> {
    let began = Utc::now() - TimeDelta::days(62);
    customers::subscribers(kernel, organization, customers, ("ACTIVE", Some(began))).await?;
    let plan = Plan { name: "Residential 500 Mbps".into(), price: from_cents(7_999) };
    let kind = Kind::Activated(Activation { plan, fee: from_cents(0), promotion: None });
    let values = [organization.into(), serde_json::to_value(kind)?.into()];
    customers::execute(kernel, CHANGES, values).await?;
    customers::execute(kernel, RATE, [organization.into()]).await
}

const CHANGES: &str = "
insert into subscription_changes (id, organization_id, subscription_id, effective_at, kind, plan_id, applied_at)
select (substr(s.id::text, 1, 14) || '7002' || substr(s.id::text, 19))::uuid, s.organization_id, s.id, s.started_at, $2,
  null, now()
from subscriptions s where s.organization_id = $1";

const RATE: &str =
    "insert into tax_rates (organization_id, state, percent, updated_at) values ($1, 'CA', '8.25', now())";
