//! The command `usage import`.

use crate::cli::run;
use anyhow::{Context, Result, ensure};
use entities::organization;
use isp::{
    customers::{self, NewCustomer},
    usage,
};
use kernel::{Kernel, UnitOfWork, events::Actor};
use platform::{
    Clock,
    config::{Sources, load},
};
use std::path::Path;

/// What the handbook shows is what is taken in.
const HANDBOOK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/usage.md"));

/// A folder with a database that has the organization `default` and a customer of it.
async fn made() -> Result<(tempfile::TempDir, UnitOfWork, entities::customer::Model)> {
    let folder = tempfile::tempdir()?;
    let (code, log) =
        run(folder.path(), &["key", "new", "--contract", "partner", "--name", "x", "--quiet"]).await?;
    ensure!(code == 0, "{log}");
    let mut settings = load(Sources::default())?.settings;
    settings.data = folder.path().join("data");
    let kernel = Kernel::open(settings, Clock::system(), &webhooks::DirectPublish).await?;
    let found = organization::Entity::named("default").one(kernel.db.reader()).await?.context("default")?;
    let work = UnitOfWork::new(kernel, Actor::system(found.id));
    let new: NewCustomer = serde_json::from_value(serde_json::json!({
        "email": "Ada@example.com", "first_name": "Ada", "last_name": "Abbott", "type": "INDIVIDUAL",
        "service_address": { "street1": "1", "city": "E", "state": "CA", "zip": "92025", "country": "US" },
    }))?;
    let customer = customers::create(&work, new).await?;
    work.commit().await?;
    Ok((folder, work, customer))
}

async fn import(folder: &Path, csv: &str) -> Result<(i32, String)> {
    import_with(folder, csv, &[]).await
}

async fn import_with(folder: &Path, csv: &str, args: &[&str]) -> Result<(i32, String)> {
    let file = folder.join("usage.csv");
    std::fs::write(&file, csv)?;
    run(folder, &[&["usage", "import", file.to_str().context("a path")?], args].concat()).await
}

#[tokio::test]
async fn the_example_of_the_handbook_goes_in_twice_and_counts_once() -> Result<()> {
    let (folder, work, customer) = made().await?;
    let example = HANDBOOK.split("```csv\n").nth(1).and_then(|rest| rest.split("```").next());
    let example = example.context("an example")?;
    for csv in [example.to_owned(), example.replace("ada@example.com", &customer.id.to_string())] {
        let (code, log) = import(folder.path(), &csv).await?;
        assert!(code == 0 && log.contains("Imported 2 customer days"), "{code}: {log}");
    }
    let end = "2026-10-31".parse()?;
    let of = work.actor.organization;
    let (_, past) = usage::history(&work.kernel, of, customer.id, 1, Some(end)).await?;
    let used = past[0].used;
    assert_eq!((used.download_bytes, used.sessions, used.outage_minutes), (16_300_000_000, 42, 15));
    assert_eq!(used.peak().download, 485_000);
    Ok(())
}

#[tokio::test]
async fn a_header_alone_is_an_import_of_nothing_and_json_is_refused_by_name() -> Result<()> {
    let (folder, _, _) = made().await?;
    let header = "customer,day,downloadBytes,uploadBytes\n";
    let (code, log) = import(folder.path(), header).await?;
    assert!(code == 0 && log.contains("Imported 0 customer days"), "{code}: {log}");
    let (code, log) = import(folder.path(), &format!("{header}Ada@example.com,2026-10-31,1,1\n")).await?;
    assert!(code == 0 && log.contains("Imported 1 customer day"), "{code}: {log}");
    let (code, log) = import(folder.path(), "{\"customer\":\"Ada@example.com\"}\n").await?;
    assert!(code == 1 && log.contains("the file is JSON; CSV is expected"), "{code}: {log}");
    Ok(())
}

#[tokio::test]
async fn every_fault_is_told_and_nothing_is_kept() -> Result<()> {
    let (folder, work, customer) = made().await?;
    let csv = "customer,day,downloadBytes,uploadBytes,sessions\n\
        ada@example.com,2026-10-30,1,1,1\n\
        nobody@example.com,2026-10-30,1,1,1\n\
        ada@example.com,30.10.2026,-1,1.5,1000001\n\
        ada@example.com,2026-10-29,1000000000000001,1,1000001\n\
        ada@example.com,2026-10-30,2,2\n\
        ADA@example.com,2026-10-30,2,2,2\n";
    let (code, log) = import(folder.path(), csv).await?;
    assert_eq!(code, 1, "{log}");
    for told in [
        "line 3, customer: unknown customer",
        "line 4, day: must be a date",
        "line 4, downloadBytes: must be a whole number",
        "line 4, uploadBytes: must be a whole number",
        "line 4, sessions: must be from 0 to 1000000",
        "line 5, downloadBytes: must be from 0 to 1000000000000000",
        "line 5, sessions: must be from 0 to 1000000",
        "line 6: has 4 cells, the header has 5",
        "line 7, day: duplicate customer and day",
        "usage.csv: Invalid file: nothing was imported",
    ] {
        assert!(log.contains(told), "{told}: {log}");
    }
    let end = "2026-10-31".parse()?;
    let of = work.actor.organization;
    let (_, past) = usage::history(&work.kernel, of, customer.id, 1, Some(end)).await?;
    assert_eq!(past[0].used, usage::Used::default());
    let (code, log) = import(folder.path(), "customer,day\n").await?;
    assert!(code == 1 && log.contains("downloadBytes: this column is missing"), "{code}: {log}");
    Ok(())
}

#[tokio::test]
async fn files_are_taken_as_spreadsheets_write_them() -> Result<()> {
    let (folder, work, customer) = made().await?;
    let csv = "\u{feff}sep=;\r\nKunde;Day;downloadBytes; uploadBytes \r\n\r\n;;;\r\n ada@example.com ;2026-10-30;1 ; 2\r\n";
    let (code, log) = import_with(folder.path(), csv, &["--map", "Kunde=customer"]).await?;
    assert!(code == 0 && log.contains("Imported 1 customer day"), "{code}: {log}");
    let of = work.actor.organization;
    let (_, past) = usage::history(&work.kernel, of, customer.id, 1, Some("2026-10-31".parse()?)).await?;
    assert_eq!((past[0].used.download_bytes, past[0].used.upload_bytes), (1, 2));
    let csv = csv.replace(";1 ;", ";1.5;").replace("\r\n\r\n", "\r\n\r\n\"ada@\"x;;;\r\n");
    let (code, log) = import_with(folder.path(), &csv, &["--map", "Kunde=customer"]).await?;
    for told in ["line 4: text follows a closing quote", "line 6, downloadBytes: must be a whole number"] {
        assert!(code == 1 && log.contains(told), "{told}: {log}");
    }
    let (code, log) = import_with(folder.path(), &csv, &["--map", "Client=customer"]).await?;
    assert!(code == 1 && log.contains("has no column `Client`"), "{log}");
    Ok(())
}

#[tokio::test]
async fn many_faults_are_counted() -> Result<()> {
    let (folder, ..) = made().await?;
    let csv = format!("customer,day,downloadBytes,uploadBytes\n{}", "ada@example.com,soon,1,1\n".repeat(103));
    let (code, log) = import(folder.path(), &csv).await?;
    assert!(code == 1 && log.contains("nothing was imported: the first 100 faults, and 3 more"), "{log}");
    assert_eq!(log.matches("day: must be a date").count(), 100);
    Ok(())
}
