//! A migration: its name and its SQL, which differs between PostgreSQL and SQLite only in types.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// A migration. Once released, it is never changed, removed or reverted.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// `m<date>_<number>_<content>`. Databases record it.
    pub name: &'static str,
    /// Statements separated by `;`. `{uuid}`, `{time}`, `{json}`, `{raw_json}`, `{bytes}` and `{room}` are
    /// placeholders, see [`words`].
    pub sql: fn(DbBackend) -> String,
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    /// With SQLite, too, so that a process killed meanwhile leaves no half-applied migration.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in self.statements(manager.get_database_backend()) {
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}

impl Step {
    fn statements(&self, backend: DbBackend) -> Vec<String> {
        let sql =
            words(backend).iter().fold((self.sql)(backend), |sql, (mark, word)| sql.replace(mark, word));
        let statements = sql.split(';').map(str::trim).filter(|statement| !statement.is_empty());
        statements.map(str::to_owned).collect()
    }

    /// Returns the names of the tables and indexes that the migration creates.
    pub(crate) fn created(&self, backend: DbBackend) -> Vec<String> {
        let name = |statement: &String| {
            let mut words =
                statement.split(|it: char| it.is_whitespace() || it == '(').filter(|word| !word.is_empty());
            let is_created = words.next() == Some("create");
            let object = words.find(|word| *word != "unique")?;
            let name = words.next().filter(|_| is_created && ["table", "index"].contains(&object))?;
            Some(name.to_owned())
        };
        self.statements(backend).iter().filter_map(name).collect()
    }
}

/// Placeholders and their replacements.
///
/// SQLite stores ids as 16 bytes, times as RFC 3339 text (which sorts), documents as text. PostgreSQL stores
/// `{raw_json}` as it was written. `{room}` leaves free space in the pages of a table that has rows updated soon after
/// they are inserted, in columns without an index: PostgreSQL then writes the new version into the same page, without
/// changing the indexes. SQLite updates rows in place.
const fn words(backend: DbBackend) -> [(&'static str, &'static str); 6] {
    let [uuid, time, json, raw_json, bytes, room] = match backend {
        DbBackend::Postgres => ["uuid", "timestamptz", "jsonb", "json", "bytea", " with (fillfactor = 55)"],
        _ => ["blob", "text", "text", "text", "blob", ""],
    };
    [
        ("{uuid}", uuid),
        ("{time}", time),
        ("{json}", json),
        ("{raw_json}", raw_json),
        ("{bytes}", bytes),
        ("{room}", room),
    ]
}
