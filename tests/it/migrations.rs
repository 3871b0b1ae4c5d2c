//! The steps of the schema, and databases that have seen only some of them.

use crate::app::{Pairing, both};
use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use entities::{
    endpoint,
    ids::{EndpointId, OrganizationId},
};
use migration::{Migrator, MigratorTrait};
use platform::Db;
use sea_orm::{ConnectionTrait, EntityTrait, Statement};
use std::collections::BTreeSet;
use tempfile::TempDir;

both!(
    a_database_goes_on_from_any_step,
    databases_with_unknown_steps_are_refused,
    databases_of_other_programs_are_refused_and_left_as_they_are,
    endpoints_were_last_changed_when_they_were_made,
);

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
    let (db, folder) = empty(pairing).await?;
    Migrator::up(db.writer(), Some(count.try_into()?)).await?;
    Ok((db, folder))
}

/// A database without anything.
async fn empty(pairing: Pairing) -> Result<(Db, TempDir)> {
    let (folder, mut settings) = (tempfile::tempdir()?, pairing.settings()?);
    settings.data = folder.path().to_owned();
    if pairing == Pairing::Scaled {
        settings.database.url = harness::shared().postgres.create_database()?;
    }
    Ok((Db::open(&settings).await?, folder))
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

/// The foreign keys, as table, column and referenced table.
async fn references(pairing: Pairing) -> Result<BTreeSet<String>> {
    let sql = match pairing {
        Pairing::Scaled => {
            "select conrelid::regclass || '.' || a.attname || ' ' || confrelid::regclass as it
             from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
             where c.contype = 'f'"
        }
        Pairing::Embedded => {
            "select m.name || '.' || f.\"from\" || ' ' || f.\"table\" as it
             from sqlite_master m, pragma_foreign_key_list(m.name) f where m.type = 'table'"
        }
    };
    let (db, _folder) = after(pairing, Migrator::migrations().len()).await?;
    let statement = Statement::from_string(db.reader().get_database_backend(), sql);
    let rows = db.reader().query_all_raw(statement).await?;
    db.close().await?;
    rows.iter().map(|row| Ok(row.try_get("", "it")?)).collect()
}

#[tokio::test]
async fn both_databases_check_the_same_references() -> Result<()> {
    let references = [references(Pairing::Embedded).await?, references(Pairing::Scaled).await?];
    assert_eq!(references[0], references[1]);
    for installed in
        ["provisioning_steps.request_id", "network_services.subscription_id", "ip_allocations.pool_id"]
    {
        assert!(references[1].iter().any(|it| it.starts_with(installed)), "{installed}");
    }
    Ok(())
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

async fn databases_of_other_programs_are_refused_and_left_as_they_are(pairing: Pairing) -> Result<()> {
    let objects = match pairing {
        Pairing::Scaled => {
            "select relname::text as name from pg_class where relnamespace = 'public'::regnamespace order by 1"
        }
        Pairing::Embedded => "select name from sqlite_master order by 1",
    };
    // A name of the first step, one of a later step, and one of an index; also after a run that failed at once.
    for (theirs, name) in [
        ("create table jobs (id integer)", "jobs"),
        (
            "create table customers (id integer); create table seaql_migrations (version text, applied_at bigint)",
            "customers",
        ),
        (
            "create table things (email text); create index customers_email on things (email)",
            "customers_email",
        ),
    ] {
        let (db, _folder) = empty(pairing).await?;
        db.writer().execute_unprepared(theirs).await?;
        let names = async || -> Result<Vec<String>> {
            let statement = Statement::from_string(db.writer().get_database_backend(), objects);
            let rows = db.writer().query_all_raw(statement).await?;
            rows.iter().map(|row| Ok(row.try_get("", "name")?)).collect()
        };
        let before = names().await?;
        let refused = db.migrate().await.err().context("it was taken")?.to_string();
        assert!(refused.contains(&format!("another program, which has {name}:")), "{refused}");
        assert_eq!(names().await?, before);
        db.close().await?;
    }
    // What does not collide is none of its business.
    let (db, _folder) = empty(pairing).await?;
    db.writer().execute_unprepared("create table things (id integer)").await?;
    db.migrate().await?;
    Ok(db.close().await?)
}

/// An endpoint, inserted by a version that does not know when it was last changed.
async fn endpoint(db: &Db, created_at: DateTime<Utc>) -> Result<EndpointId> {
    let (id, organization) = (EndpointId::new(), OrganizationId::new());
    let sql = "insert into endpoints
        (id, organization_id, contract, url, types, status, status_at, concurrency, ordered, created_at)
      values ($1, $2, 'partner', 'https://example.com/', '[]', 'active', $3, 1, false, $3)";
    let values = [id.into(), organization.into(), created_at.into()];
    let writer = db.writer();
    let statement = Statement::from_sql_and_values(writer.get_database_backend(), sql, values);
    writer.execute_raw(statement).await?;
    Ok(id)
}

async fn endpoints_were_last_changed_when_they_were_made(pairing: Pairing) -> Result<()> {
    let (db, _folder) = after(pairing, 12).await?;
    let made = "2026-11-30T12:00:00.123456Z".parse()?;
    let before = endpoint(&db, made).await?;
    Migrator::up(db.writer(), Some(1)).await?;
    // By a process of the version before, which still runs.
    let meanwhile = endpoint(&db, made).await?;
    for (id, changed) in [(before, made), (meanwhile, DateTime::UNIX_EPOCH)] {
        let found = endpoint::Entity::find_by_id(id).one(db.reader()).await?.context("no endpoint")?;
        assert_eq!((found.created_at, found.updated_at), (made, changed));
    }
    db.close().await?;
    Ok(())
}
