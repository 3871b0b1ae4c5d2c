//! `invoice`: billing runs, invoices, and their PDFs.

use super::{billing::next_run, organization::missing};
use crate::{
    context::{self, Tenant},
    enum_arg, invoice_pdf, logging, output,
    settings::{self, Global},
};
use anyhow::{Context, anyhow, bail};
use entities::invoice::{InvoiceStatus, Model};
use isp::{
    charges::{Month, from_cents},
    invoices::{self, Arrears, Preview, StartedRun, document::Invoice},
};
use kernel::{UnitOfWork, organizations};
use platform::{Error, config::Settings};
use sea_orm::ActiveEnum;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Bill past months, list invoices, and write them as PDF
///
/// Uses the configured database, or that of the embedded platform, whether running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Run(Run),
    List(List),
    Pdf(Pdf),
    Sample(Sample),
}

/// Bill a past month to all customers of an organization
///
/// Customers who already have an invoice for the month are skipped, so run it again for those who could not be billed.
/// The platform's workers do the work; `jobs show` shows the progress. An organization's first run is started here;
/// later months are billed automatically (`invoices.enabled`).
#[derive(clap::Args)]
struct Run {
    /// Month, such as `2026-11`
    #[arg(long, value_name = "MONTH", value_parser = month)]
    month: Month,
    /// Show what would be billed, and who would be skipped and why; write nothing
    #[arg(long = "dry-run")]
    only_say: bool,
    #[command(flatten)]
    tenant: Tenant,
}

/// List invoices, newest first
#[derive(clap::Args)]
struct List {
    /// Filter by status: pending, paid, overdue
    #[arg(long, value_parser = enum_arg::parse::<InvoiceStatus>)]
    status: Option<InvoiceStatus>,
    /// Maximum number of rows
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    limit: u64,
    #[command(flatten)]
    tenant: Tenant,
}

/// Write an invoice as PDF, in its current state
#[derive(clap::Args)]
struct Pdf {
    /// Invoice number, such as `INV-2026-000001`
    #[arg(value_name = "NUMBER")]
    number: String,
    /// Output file [default: the invoice number, in the current folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    tenant: Tenant,
}

/// Write a sample invoice as PDF with the configured template
#[derive(clap::Args)]
struct Sample {
    /// A draft: without a number and with as few fields as possible
    #[arg(long)]
    draft: bool,
    /// Output file
    #[arg(long, default_value = "sample.pdf", value_name = "FILE")]
    out: PathBuf,
}

fn month(text: &str) -> Result<Month, String> {
    invoices::month(text).map_err(|error| error.to_string())
}

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let text = match args.action {
        Action::Run(args) if args.only_say => preview(args, &global).await,
        Action::Run(args) => begin(args, &global).await,
        Action::List(args) => list(args, &global).await,
        Action::Pdf(args) => pdf(args, &global).await,
        Action::Sample(args) => sample(args, &global).await,
    }?;
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn begin(Run { month, tenant, .. }: Run, global: &Global) -> anyhow::Result<String> {
    let work = context::work(global, tenant).await?;
    let begun = invoices::begin_by_hand(&work, month).await?;
    work.commit().await?;
    let begun = match begun {
        None => format!("No customers to bill for {month}"),
        Some(StartedRun { job, is_old: true, .. }) => format!("{job} bills {month} already"),
        Some(StartedRun { job, customers, .. }) => {
            format!(
                "{job} bills {month} to {}; `switchyard jobs show {job}` shows the progress",
                output::count(customers.unsigned_abs(), "customer")
            )
        }
    };
    let lines = [Some(begun), next_run(&work).await?, warning(&work).await?];
    Ok(lines.into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

/// Warns about missing seller details.
async fn warning(work: &UnitOfWork) -> anyhow::Result<Option<String>> {
    let gaps = organizations::gaps_of(work.kernel.db.reader(), work.actor.organization).await?;
    Ok(missing(&gaps.missing).map(|missing| format!("Warning: {missing}")))
}

async fn preview(Run { month, tenant, .. }: Run, global: &Global) -> anyhow::Result<String> {
    let work = context::work(global, tenant).await?;
    let preview = invoices::preview(&work.kernel, work.actor.organization, month).await?;
    let mut lines = vec![totals(&preview, month)];
    lines.extend(exceptions(preview, month));
    lines.extend(warning(&work).await?);
    Ok(lines.join("\n"))
}

fn totals(Preview { invoices, subtotal, tax, .. }: &Preview, month: Month) -> String {
    let (sum, invoices) = (*subtotal + *tax, output::count(*invoices as u64, "invoice"));
    format!("{month}: {invoices}, {subtotal} USD plus {tax} USD tax: {sum} USD. Nothing was written")
}

/// What the totals exclude or unexpectedly include, one per line.
fn exceptions(preview: Preview, month: Month) -> Vec<String> {
    let Preview { unbilled, left_out, unchanged, arrears, sandboxed, billed_before, .. } = preview;
    let counted = |count: i64, noun| (count > 0).then(|| output::count(count.unsigned_abs(), noun));
    let before = counted(billed_before, "customer")
        .map(|customers| format!("Invoiced for {month} already: {customers}"));
    let sandboxed = counted(sandboxed, "subscription")
        .map(|subscriptions| format!("Skipped, ordered with a sandbox key: {subscriptions}"));
    let mut lines: Vec<_> = [before, sandboxed].into_iter().flatten().collect();
    lines.extend(arrears.into_iter().map(|one| {
        let Arrears { customer, subscription, month, amount } = one;
        format!("{customer} is also charged {amount} USD for {month} of {subscription}, which was ordered after {month} was billed")
    }));
    lines
        .extend(unbilled.into_iter().map(|one| format!("{} cannot be billed: {}", one.customer, one.reason)));
    lines.extend(unchanged.into_iter().map(|one| {
        format!("{} is charged for the previous plan with {}: {}", one.customer, one.subscription, one.reason)
    }));
    lines.extend(
        left_out
            .into_iter()
            .map(|one| format!("{} is skipped with {}: {}", one.customer, one.subscription, one.reason)),
    );
    lines
}

async fn pdf(Pdf { number, out, tenant }: Pdf, global: &Global) -> anyhow::Result<String> {
    let work = context::work(global, tenant).await?;
    let (kernel, organization) = (&work.kernel, work.actor.organization);
    let found = match invoices::numbered(kernel, organization, &number).await {
        Err(Error::NotFound(_)) => bail!("there is no invoice {number}"),
        found => found?,
    };
    let invoice = invoices::printed(kernel.db.reader(), organization, found.id).await?;
    draw(&kernel.settings, invoice, &out.unwrap_or_else(|| format!("{number}.pdf").into())).await
}

async fn sample(Sample { draft, out }: Sample, global: &Global) -> anyhow::Result<String> {
    let loaded = settings::load(global, vec![])?;
    logging::start_quiet(&loaded)?;
    draw(&loaded.settings, invoice_pdf::sample(draft)?, &out).await
}

async fn draw(settings: &Settings, invoice: Invoice, out: &Path) -> anyhow::Result<String> {
    let rendered = invoices::render(invoice_pdf::renderer(settings)?, invoice).await;
    let rendered = rendered.map_err(|error| anyhow!(context::cause(error)))?;
    fs::write(out, rendered.pdf).with_context(|| format!("cannot write {}", out.display()))?;
    let missing = match rendered.missing {
        none if none.is_empty() => String::new(),
        some => format!("\nno font for these characters: {some} (see invoices.fonts)"),
    };
    Ok(format!("wrote {}{missing}", out.display()))
}

async fn list(args: List, global: &Global) -> anyhow::Result<String> {
    let work = context::work(global, args.tenant).await?;
    let organization = work.actor.organization;
    let found = invoices::newest(&work.kernel, organization, args.status, args.limit).await?;
    let head =
        ["ID", "NUMBER", "CUSTOMER", "MONTH", "STATUS", "TOTAL", "PAID", "DUE", "MAILED"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(found.into_iter().map(row)).collect();
    Ok(output::table(&rows))
}

fn row(invoice: Model) -> [String; 9] {
    let [total, paid] = [invoice.total_cents, invoice.paid_cents].map(|cents| from_cents(cents).to_string());
    [
        invoice.id.to_string(),
        invoice.number.unwrap_or_default(),
        invoice.customer_id.to_string(),
        invoice.month,
        invoice.status.to_value(),
        total,
        paid,
        output::time(invoice.due_at),
        invoice.mailed_at.map(output::time).unwrap_or_default(),
    ]
}
