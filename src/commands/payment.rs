//! `payment`: records payments.

use crate::{
    context::{self, Tenant},
    output,
    settings::Global,
};
use entities::ids::CustomerId;
use isp::{
    charges::from_cents,
    invoices::{self, NewPayment, Received},
};
use rust_decimal::Decimal;
use std::process::ExitCode;

/// Record payments of customers
///
/// Uses the configured database, or that of the embedded platform, whether running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Add(Add),
}

/// Record a payment and apply it to the customer's open invoices, oldest first
///
/// Any remainder becomes credit for future invoices. Repeating a reference changes nothing.
#[derive(clap::Args)]
struct Add {
    /// Customer
    #[arg(long, value_name = "CUSTOMER_ID")]
    customer: CustomerId,
    /// Amount in US dollars, such as `86.39`
    #[arg(long)]
    amount: Decimal,
    /// Payment method, such as `card`
    #[arg(long)]
    method: String,
    /// External reference, unique within the organization
    #[arg(long)]
    reference: String,
    /// Number of the invoice to pay first
    #[arg(long, value_name = "NUMBER")]
    invoice: Option<String>,
    #[command(flatten)]
    tenant: Tenant,
}

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let Action::Add(args) = args.action;
    output::print(&add(args, &global).await?)?;
    Ok(ExitCode::SUCCESS)
}

async fn add(args: Add, global: &Global) -> anyhow::Result<String> {
    let Add { customer, amount, method, reference, invoice, tenant } = args;
    let work = context::work(global, tenant).await?;
    let new = NewPayment { customer, amount, method, reference, invoice };
    let Received { payment, is_old } = invoices::pay(&work, new).await?;
    work.commit().await?;
    let (id, left) = (payment.id, from_cents(payment.unapplied_cents));
    let (paid, count) = (from_cents(payment.amount_cents - payment.unapplied_cents), payment.applied.0.len());
    let count = output::count(count as u64, "invoice");
    let before = if is_old { " was already recorded:" } else { ":" };
    Ok(format!("{id}{before} {paid} USD applied to {count}, {left} USD credit"))
}
