//! One text of SQL for PostgreSQL and SQLite: only the names of types differ.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// Runs the statements of `sql`, parted by `;`, with `{uuid}`, `{time}`, `{json}` and `{bytes}` put in the words
/// of the database at hand.
pub(crate) async fn execute(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let [uuid, time, json, bytes] = match manager.get_database_backend() {
        DbBackend::Postgres => ["uuid", "timestamptz", "jsonb", "bytea"],
        // SQLite keeps ids as 16 bytes, times as RFC 3339 text (which sorts), documents as text.
        _ => ["blob", "text", "text", "blob"],
    };
    let words = [("{uuid}", uuid), ("{time}", time), ("{json}", json), ("{bytes}", bytes)];
    let sql = words.iter().fold(sql.to_owned(), |sql, (mark, word)| sql.replace(mark, word));
    for statement in sql.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}
