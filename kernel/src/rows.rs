//! Many rows as one bound parameter: a JSON array that the database unfolds.
//!
//! The statement's text does not depend on the number of rows, so it is prepared once, and one text
//! serves PostgreSQL and SQLite.

use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable, Statement, Value};
use serde::Serialize;

/// The SQL type of a field of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Uuid,
    Int,
    Float,
    Bool,
    Text,
    Time,
    Date,
    /// To be written into a column as it is: PostgreSQL then reads it once less.
    Json,
    /// To be used beside such a column.
    Jsonb,
}

use Type::{Bool, Date, Float, Int, Json, Jsonb, Text, Time, Uuid};

/// The fields of the rows, by the names that serde gives them.
pub(crate) type Fields = [(&'static str, Type)];

/// A statement in whose text `{rows}` stands for the rows as a table, `{each}` for the same where each of them is to be
/// looked up in another table by index (the first of the fields is never null then), `{columns}` for their names, and
/// `{among}`, after a column, for its being the `id` of one of them. The rows are `$1`; `more` follow from `$2` on.
pub(crate) fn statement(
    db: &impl ConnectionTrait,
    sql: &str,
    fields: &Fields,
    rows: &impl Serialize,
    more: impl IntoIterator<Item = Value>,
) -> Result<Statement, serde_json::Error> {
    let backend = db.get_database_backend();
    let columns: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    let table = table(backend, fields);
    let sql =
        sql.replace("{among}", &among(backend, &table)).replace("{each}", &each(backend, fields, &table));
    let sql = sql.replace("{rows}", &table).replace("{columns}", &columns.join(", "));
    let rows = Value::from(serde_json::to_string(rows)?);
    Ok(Statement::from_sql_and_values(backend, sql, std::iter::once(rows).chain(more)))
}

/// Further rows, in the place `$n`, as a table of that name; the value of `$n` is theirs, by [`json`].
pub(crate) fn table_at(backend: DbBackend, fields: &Fields, place: u8, name: &str) -> String {
    at(&table(backend, fields), place, name)
}

/// The same, of which each is to be looked up: `{each}` of [`statement`].
pub(crate) fn each_at(backend: DbBackend, fields: &Fields, place: u8, name: &str) -> String {
    at(&each(backend, fields, &table(backend, fields)), place, name)
}

fn at(table: &str, place: u8, name: &str) -> String {
    table.replace("$1", &format!("${place}")).replace(" as r", &format!(" as {name}"))
}

/// The value that stands for rows.
pub(crate) fn json(rows: &impl Serialize) -> Result<Value, serde_json::Error> {
    Ok(Value::from(serde_json::to_string(rows)?))
}

/// The columns of a table, each with the table's name: what `*` stands for where others are joined to it.
pub(crate) fn every<E: EntityTrait>() -> String {
    let entity = E::default();
    let columns = E::Column::iter().map(|column| format!("{}.{}", entity.table_name(), column.as_str()));
    columns.collect::<Vec<_>>().join(", ")
}

/// A clause that locks rows, where several transactions can write at a time.
pub(crate) fn locking(backend: DbBackend, clause: &str) -> &str {
    if backend == DbBackend::Postgres { clause } else { "" }
}

/// A row of an id alone.
#[derive(Serialize)]
pub(crate) struct Id {
    id: uuid::Uuid,
}

/// The field of [`ids`].
pub(crate) const ID: &Fields = &[("id", Uuid)];

/// Rows of ids, in their order.
pub(crate) fn ids(all: impl IntoIterator<Item = uuid::Uuid>) -> Vec<Id> {
    all.into_iter().map(|id| Id { id }).collect()
}

/// An array leads PostgreSQL to the index whatever it believes of the table; of a join it may think that reading all of
/// a table which has just begun to grow is as cheap.
fn among(backend: DbBackend, table: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("= any(array(select id from {table}))"),
        _ => format!("in (select id from {table})"),
    }
}

/// PostgreSQL takes a parameter for a hundred rows, and a table that has just begun to grow for as few: it may then walk
/// through that table, and look each of its rows up among the parameters. Not where it expects one row, as it does for
/// those that are equal to something which it cannot know.
fn each(backend: DbBackend, fields: &Fields, table: &str) -> String {
    match (backend, fields) {
        (DbBackend::Postgres, [(key, _), ..]) => {
            format!("(select * from {table} where {key} = any(array[{key}])) as r")
        }
        _ => table.to_owned(),
    }
}

fn table(backend: DbBackend, fields: &Fields) -> String {
    let field = |(name, kind): &(&str, Type)| match backend {
        DbBackend::Postgres => format!("{name} {}", postgres(*kind)),
        _ => format!("{} as {name}", sqlite(name, *kind)),
    };
    let fields = fields.iter().map(field).collect::<Vec<_>>().join(", ");
    match backend {
        DbBackend::Postgres => format!("json_to_recordset($1::json) as r ({fields})"),
        _ => format!("(select {fields} from json_each($1)) as r"),
    }
}

const fn postgres(kind: Type) -> &'static str {
    match kind {
        Uuid => "uuid",
        Int => "bigint",
        Float => "double precision",
        Bool => "boolean",
        Text => "text",
        Time => "timestamptz",
        Date => "date",
        Json => "json",
        Jsonb => "jsonb",
    }
}

/// `->>` gives numbers as numbers, objects as their text, null as null. Ids are 16 bytes. Times get the
/// ending with which the driver writes them, since they are compared as text.
fn sqlite(name: &str, kind: Type) -> String {
    match kind {
        Uuid => format!("unhex(replace(value->>'{name}', '-', ''))"),
        Time => format!("replace(value->>'{name}', 'Z', '+00:00')"),
        Int | Float | Bool | Text | Date | Json | Jsonb => format!("value->>'{name}'"),
    }
}
