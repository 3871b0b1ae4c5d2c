//! Seller details on invoices, in their mail, and in commands.

use super::{Ground, activated};
use crate::{
    app::{Pairing, both},
    cli::{run, switchyard},
};
use anyhow::{Context, Result, ensure};
use isp::invoices::{self, CustomerRange};
use kernel::organizations::{self, SellerChange};
use std::{fs, path::Path, time::Duration};

both!(invoices_and_their_mail_show_who_bills);

async fn invoices_and_their_mail_show_who_bills(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    ground.many(1).await?;
    let billed = ground.bill(CustomerRange::default()).await?;
    let (kernel, organization) = (&ground.app.kernel, ground.organization);
    let db = kernel.db.reader();
    let id = billed.invoices[0].id;
    let plain = invoices::printed(db, organization, id).await?.seller;
    assert_eq!((plain.name.as_str(), plain.address.len(), &plain.logo), ("acme", 0, &None));
    let gaps = organizations::gaps(db).await?;
    assert_eq!(gaps[0].missing, ["name", "address", "tax number", "bank details", "contact"]);
    let change = SellerChange {
        name: Some("Northwind Fiber".into()),
        address: Some(vec!["500 Congress Avenue".into(), "Austin, TX 78701".into()]),
        tax_number: Some("74-1234567".into()),
        bank_details: Some(vec!["First Example Bank".into(), "Account 000123456789".into()]),
        email: Some("billing@northwind.example".into()),
        phone: Some("+1 512 555 0100".into()),
        logo: None,
    };
    for events in [1, 1] {
        let work = ground.work();
        organizations::set_seller(&work, change.clone()).await?;
        work.commit().await?;
        assert_eq!(
            ground.app.events_of("seller.updated").await?.len(),
            events,
            "the same again changes nothing"
        );
    }
    assert_eq!(organizations::gaps(db).await?, []);
    // What has been issued stays as it was, what is issued now says what is so now.
    let issued = invoices::message(kernel, organization, id).await?.context("it is not mailed yet")?;
    assert_eq!((issued.invoice.seller, issued.email.subject.starts_with("acme: ")), (plain, true));
    let past = [("2026-10-01T00:00:00Z", activated("Fiber 500", "100"))];
    ground.subscriber("next@example.com", &past).await?;
    let id = ground.bill(CustomerRange::default()).await?.invoices[0].id;
    let mail = invoices::message(kernel, organization, id).await?.context("it is not mailed yet")?;
    assert!(mail.email.subject.starts_with("Northwind Fiber: "), "{}", mail.email.subject);
    for part in
        ["500 Congress Avenue\nAustin, TX 78701", "Tax number: 74-1234567", "Pay to:\n  First Example Bank"]
    {
        assert!(mail.email.text.contains(part), "{part} is not in {}", mail.email.text);
    }
    // Another organization is none of this.
    let other = Ground::of(ground.app, "other").await?;
    assert_eq!(organizations::seller(other.app.kernel.db.reader(), other.organization).await?.name, None);
    Ok(())
}

/// The smallest picture.
const PNG: &[u8] = include_bytes!("../../../invoice_pdf/templates/sample-logo.png");

#[tokio::test]
async fn an_organization_is_described_and_doctor_is_content() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    said(folder, &["key", "new", "--contract", "partner", "--name", "x", "--quiet"], 0, "pk_live_").await?;
    said(folder, &["doctor"], 0, "(name, address, tax number, bank details, contact)").await?;
    said(folder, &["invoice", "run", "--month", "2020-01"], 0, "Warning: invoices lack the seller's name")
        .await?;
    said(
        folder,
        &["invoice", "run", "--month", "2020-01", "--dry-run"],
        0,
        "Warning: invoices lack the seller's",
    )
    .await?;
    fs::write(folder.join("logo.png"), PNG)?;
    fs::write(folder.join("broken.png"), &PNG[..40])?;
    fs::write(folder.join("text.png"), "logo")?;
    let set = ["organization", "set"];
    said(folder, &set, 2, "required").await?;
    said(folder, &[&set[..], &["--logo", "text.png"]].concat(), 1, "PNG or JPEG").await?;
    said(folder, &[&set[..], &["--logo", "broken.png"]].concat(), 1, "the logo cannot be rendered").await?;
    said(folder, &[&set[..], &["--logo", "nowhere.png"]].concat(), 1, "cannot read nowhere.png").await?;
    said(folder, &[&set[..], &["--email", "billing"]].concat(), 1, "e-mail address").await?;
    let all = [
        "--name",
        "Northwind Fiber",
        "--address",
        "1 Main Street",
        "--address",
        "Austin, TX",
        "--tax-number",
        "74-1",
        "--bank",
        "First Bank",
        "--email",
        "billing@northwind.example",
        "--logo",
        "logo.png",
        "--time-zone",
        "America/Chicago",
    ];
    let log = said(folder, &[&set[..], &all].concat(), 0, "1 Main Street, Austin, TX").await?;
    ensure!(!log.contains("Warning") && log.contains("America/Chicago"), "{log}");
    said(folder, &["organization", "show"], 0, "Northwind Fiber").await?;
    let log = said(folder, &["doctor"], 0, "invoices have all seller details").await?;
    ensure!(!log.contains("warning"), "{log}");
    said(folder, &[&set[..], &["--address", ""]].concat(), 0, "Warning: invoices lack the seller's address")
        .await?;
    Ok(())
}

#[tokio::test]
async fn up_makes_the_organization_that_it_is_told_and_says_how_billing_stands() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let address = format!("127.0.0.1:{}", harness::free_port());
    let up = switchyard(&["up", "--listen", &address, "--organization", "northwind"]);
    let process = up.current_dir(folder.path()).start()?;
    let line = process.wait_for_line("Billing", Duration::from_mins(1)).await?;
    ensure!(line.contains("start the first run with `switchyard invoice run --month "), "{line}");
    let line = process.wait_for_line("Invoices are", Duration::from_mins(1)).await?;
    ensure!(line.contains("not mailed, but written to"), "{line}");
    // Commands need not be told which one it is.
    said(folder.path(), &["organization", "show"], 0, "northwind").await?;
    said(
        folder.path(),
        &["tax", "set", "CA", "8.25", "--organization", "default"],
        1,
        "no organization named default",
    )
    .await?;
    Ok(())
}

/// Runs a command that ends so, and says this.
async fn said(folder: &Path, args: &[&str], code: i32, text: &str) -> Result<String> {
    let (ended, log) = run(folder, args).await?;
    ensure!(ended == code && log.contains(text), "{args:?}: {ended}: {log}");
    Ok(log)
}
