//! Databases of other programs.

use crate::STEPS;
use sea_orm_migration::{
    SchemaManager,
    prelude::*,
    sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement},
};
use std::collections::BTreeSet;

/// The table that records the applied migrations.
const SEEN: &str = "seaql_migrations";

/// The program that the tables of a database belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The database has no tables.
    Nobody,
    /// A migration was applied, of any version.
    Ours,
    /// No migration was applied; the database has these tables and indexes.
    Other(Vec<String>),
}

/// Returns the program that the tables of a database belong to.
pub async fn owner(db: &DatabaseConnection) -> Result<Owner, DbErr> {
    let backend = db.get_database_backend();
    if SchemaManager::new(db).has_table(SEEN).await? {
        let steps = Statement::from_string(backend, format!("select 1 from {SEEN} limit 1"));
        if db.query_one_raw(steps).await?.is_some() {
            return Ok(Owner::Ours);
        }
    }
    let existing = match backend {
        DbBackend::Postgres => {
            "select relname::text as name from pg_class
             where relnamespace = (select oid from pg_namespace where nspname = current_schema())"
        }
        // Compared without case, as SQLite does.
        _ => "select lower(name) as name from sqlite_master where name not like 'sqlite\\_%' escape '\\'",
    };
    let rows = db.query_all_raw(Statement::from_string(backend, existing)).await?;
    let names = rows.iter().map(|row| row.try_get("", "name"));
    let mut names = names.collect::<Result<Vec<String>, DbErr>>()?;
    names.retain(|name| !name.starts_with(SEEN));
    names.sort();
    Ok(if names.is_empty() { Owner::Nobody } else { Owner::Other(names) })
}

/// Returns the tables and indexes of another program that have names of this schema: migrations would fail half-way.
pub async fn conflicts(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let Owner::Other(mut names) = owner(db).await? else { return Ok(vec![]) };
    let backend = db.get_database_backend();
    let ours: BTreeSet<_> = STEPS.iter().flat_map(|step| step.created(backend)).collect();
    names.retain(|name| ours.contains(name));
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_that_the_steps_create() {
        for backend in [DbBackend::Postgres, DbBackend::Sqlite] {
            let names: Vec<_> = STEPS.iter().flat_map(|step| step.created(backend)).collect();
            for name in ["jobs", "customers", "usage_days", "customers_email", "plans_own"] {
                assert!(names.iter().any(|it| it == name), "{name}: {names:?}");
            }
            let is_plain = |name: &String| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            assert_eq!(names.iter().find(|name| !is_plain(name)), None);
        }
    }
}
