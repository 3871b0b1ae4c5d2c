//! `organization`: time zone and seller details.

use crate::{
    context::{self, Tenant},
    invoice_pdf, output,
    settings::Global,
};
use anyhow::{Context, ensure};
use entities::{organization, seller};
use isp::{
    charges::Zone,
    invoices::{
        self,
        document::{Invoice, Logo, Seller},
    },
};
use kernel::{
    UnitOfWork,
    organizations::{self, LOGO_BYTES, SellerChange},
};
use platform::config::Settings;
use sea_orm::EntityTrait;
use std::{fs, path::PathBuf, process::ExitCode};

/// Show and change an organization's time zone and the seller's details on its invoices
///
/// Uses the configured database, or that of the embedded platform, whether running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Set(Box<Set>),
    Show(Show),
    TimeZone(TimeZone),
}

/// Set the seller's details on invoices and invoice mail
///
/// Options that are omitted stay unchanged; an empty string ("") clears a value. Invoices keep the seller as of their
/// creation, except for the logo.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("details").required(true).multiple(true)
    .args(["name", "address", "tax_number", "bank", "email", "phone", "logo", "time_zone"]))]
struct Set {
    /// Name on invoices; `--organization` remains the name used by commands
    #[arg(long)]
    name: Option<String>,
    /// Line of the postal address (repeatable)
    #[arg(long, value_name = "LINE")]
    address: Vec<String>,
    /// Tax number
    #[arg(long, value_name = "NUMBER")]
    tax_number: Option<String>,
    /// Line of the bank details (repeatable)
    #[arg(long, value_name = "LINE")]
    bank: Vec<String>,
    /// E-mail address for customers
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Phone number for customers
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// Logo, a PNG or JPEG file of at most 512 KiB
    #[arg(long, value_name = "FILE")]
    logo: Option<PathBuf>,
    /// Time zone of the billing months, such as `America/New_York`
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<Zone>,
    #[command(flatten)]
    tenant: Tenant,
}

/// Show the seller's details on invoices
#[derive(clap::Args)]
struct Show {
    #[command(flatten)]
    tenant: Tenant,
}

/// Set the time zone of the billing months
///
/// Months already invoiced stay unchanged.
#[derive(clap::Args)]
struct TimeZone {
    /// IANA name, such as `America/New_York`; initially UTC
    zone: Zone,
    #[command(flatten)]
    tenant: Tenant,
}

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let text = match args.action {
        Action::Set(args) => set(*args, &global).await,
        Action::Show(args) => show(args, &global).await,
        Action::TimeZone(args) => time_zone(args, &global).await,
    }?;
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn set(args: Set, global: &Global) -> anyhow::Result<String> {
    let (zone, logo) = (args.time_zone, args.logo.as_ref().map(read).transpose()?);
    // `None` if omitted; a single empty line clears the value.
    let lines = |all: Vec<String>| match all.as_slice() {
        [] => None,
        [only] if only.is_empty() => Some(vec![]),
        _ => Some(all),
    };
    let change = SellerChange {
        name: args.name,
        address: lines(args.address),
        tax_number: args.tax_number,
        bank_details: lines(args.bank),
        email: args.email,
        phone: args.phone,
        logo,
    };
    let work = context::work(global, args.tenant).await?;
    let found = organization(&work).await?;
    change.check()?;
    // Before anything is written: rendering takes a while, and others would wait for the transaction.
    if let Some(logo) = change.logo.as_ref().filter(|logo| !logo.is_empty()) {
        try_logo(&work.kernel.settings, logo).await?;
    }
    organizations::set_seller(&work, change).await?;
    if let Some(zone) = &zone {
        organizations::set_time_zone(&work, &found, zone).await?;
    }
    work.commit().await?;
    described(&work).await
}

fn read(file: &PathBuf) -> anyhow::Result<Vec<u8>> {
    if file.as_os_str().is_empty() {
        return Ok(vec![]);
    }
    let unreadable = || format!("cannot read {}", file.display());
    let bytes = fs::metadata(file).with_context(unreadable)?.len();
    ensure!(bytes <= LOGO_BYTES as u64, "{} has more than {} KiB", file.display(), LOGO_BYTES >> 10);
    fs::read(file).with_context(unreadable)
}

/// Checks that the logo can be rendered: a bad one would break every invoice.
async fn try_logo(settings: &Settings, logo: &[u8]) -> anyhow::Result<()> {
    let sample = invoice_pdf::sample(false)?;
    let seller = Seller { logo: Some(Logo(logo.to_vec())), ..sample.seller.clone() };
    let renderer = invoice_pdf::renderer(settings)?;
    let drawn = invoices::render(renderer, Invoice { seller, ..sample }).await;
    drawn.map(drop).map_err(|error| anyhow::anyhow!("the logo cannot be rendered: {}", context::cause(error)))
}

async fn show(Show { tenant }: Show, global: &Global) -> anyhow::Result<String> {
    described(&context::work(global, tenant).await?).await
}

/// The organization, with a warning about missing seller details.
async fn described(work: &UnitOfWork) -> anyhow::Result<String> {
    let (db, id) = (work.kernel.db.reader(), work.actor.organization);
    let (found, seller) = (organization(work).await?, organizations::seller(db, id).await?);
    let table = output::table(&rows(&found, seller));
    let warning = missing(&organizations::gaps_of(db, id).await?.missing);
    Ok(warning.map_or_else(|| table.clone(), |warning| format!("{table}\nWarning: {warning}")))
}

fn rows(found: &organization::Model, seller: seller::Model) -> Vec<[String; 2]> {
    let row = |name: &str, text: Option<String>| {
        let text = text.map_or_else(|| "-".to_owned(), |text| text.replace('\n', ", "));
        [name.to_owned(), text]
    };
    let logo = seller.logo.map(|bytes| format!("{} bytes", bytes.len()));
    vec![
        row("organization", Some(found.name.clone())),
        row("name", seller.name),
        row("address", seller.address),
        row("tax number", seller.tax_number),
        row("bank details", seller.bank_details),
        row("email", seller.email.or_else(|| found.email.clone())),
        row("phone", seller.phone),
        row("logo", logo),
        row("time zone", Some(found.time_zone.clone())),
    ]
}

/// The warning about missing seller details; `None` if there are none.
pub fn missing(missing: &[&str]) -> Option<String> {
    (!missing.is_empty()).then(|| {
        format!("invoices lack the seller's {}; see `switchyard organization set`", missing.join(", "))
    })
}

async fn time_zone(TimeZone { zone, tenant }: TimeZone, global: &Global) -> anyhow::Result<String> {
    let work = context::work(global, tenant).await?;
    let found = organization(&work).await?;
    organizations::set_time_zone(&work, &found, &zone).await?;
    work.commit().await?;
    Ok(format!("The time zone of {} is {zone}", found.name))
}

async fn organization(work: &UnitOfWork) -> anyhow::Result<organization::Model> {
    let found = organization::Entity::find_by_id(work.actor.organization);
    found.one(work.kernel.db.reader()).await?.context("organization not found")
}
