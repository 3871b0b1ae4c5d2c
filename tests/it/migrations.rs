//! The steps of the schema, and databases that have seen only some of them.

use crate::app::{Pairing, both};
use anyhow::{Context, Result};
use kernel::Db;
use migration::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;
use tempfile::TempDir;

both!(a_database_goes_on_from_any_step, databases_with_unknown_steps_are_refused);

/// The first steps, which no database may miss. Later ones are added at the end.
const FIRST: [&str; 12] = [
    "m20261130_000001_ledger",
    "m20261130_000002_organizations",
    "m20261130_000003_webhooks",
    "m20261130_000004_customers",
    "m20261130_000005_subscriptions",
    "m20261130_000006_incidents",
    "m20261130_000007_addresses",
    "m20261130_000008_coverage",
    "m20261130_000009_provisioning",
    "m20261130_000010_vendors",
    "m20261130_000011_invoices",
    "m20261130_000012_usage",
];

/// A database that has seen the first `count` steps and nothing else: the start of a test of a later step.
async fn after(pairing: Pairing, count: usize) -> Result<(Db, TempDir)> {
    let (folder, mut settings) = (tempfile::tempdir()?, pairing.settings()?);
    settings.data = folder.path().to_owned();
    if pairing == Pairing::Scaled {
        settings.database.url = harness::shared().postgres.create_database()?;
    }
    let db = Db::open(&settings).await?;
    Migrator::up(db.writer(), Some(count.try_into()?)).await?;
    Ok((db, folder))
}

#[test]
fn steps_are_only_added() {
    let names: Vec<_> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    assert_eq!(names[..FIRST.len()], FIRST);
    for (place, name) in names.iter().enumerate() {
        let number = format!("_{:06}_", place + 1);
        assert!(name.starts_with('m') && name[9..].starts_with(&number), "{name}: the number is {number}");
    }
}

async fn a_database_goes_on_from_any_step(pairing: Pairing) -> Result<()> {
    let (db, _folder) = after(pairing, 0).await?;
    let count = Migrator::migrations().len();
    for seen in 0..count {
        assert_eq!(db.pending().await?.len(), count - seen);
        Migrator::up(db.writer(), Some(1)).await?;
    }
    let (other, _other_folder) = after(pairing, count / 2).await?;
    for db in [db, other] {
        db.migrate().await?;
        assert!(db.pending().await?.is_empty());
        let plans = "update plans set provisioner = 'simulator' where organization_id is null";
        assert_eq!(db.writer().execute_unprepared(plans).await?.rows_affected(), 5);
        db.close().await?;
    }
    Ok(())
}

async fn databases_with_unknown_steps_are_refused(pairing: Pairing) -> Result<()> {
    for (step, why) in [
        ("m20261121_first", "was created before 30 November 2026"),
        ("m29991231_999999_later", "migrated by a later version"),
    ] {
        let (db, _folder) = after(pairing, FIRST.len()).await?;
        let seen = format!("insert into seaql_migrations (version, applied_at) values ('{step}', 0)");
        db.writer().execute_unprepared(&seen).await?;
        for refused in [db.pending().await.err(), db.migrate().await.err()] {
            let refused = refused.context("it was taken")?.to_string();
            assert!(refused.contains(why), "{step}: {refused}");
        }
        db.close().await?;
    }
    Ok(())
}
