//! Many rows as bound parameters that the database unfolds: in PostgreSQL an array a column, in SQLite one JSON array.
//!
//! The statement's text does not depend on the number of rows, so it is prepared once.

mod cell_pg;
mod columns_pg;

pub use columns_pg::columns;

use crate::db::GenericPlanStatement;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable, Statement, Value};
use serde::Serialize;

/// The SQL type of a field of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// An id.
    Uuid,
    /// A whole number.
    Int,
    /// A number with a fraction.
    Float,
    /// True or false.
    Bool,
    /// Text.
    Text,
    /// An instant.
    Time,
    /// A day.
    Date,
    /// JSON.
    Json,
    /// JSON that PostgreSQL keeps as it was written.
    RawJson,
}

use Type::{Bool, Date, Float, Int, Json, RawJson, Text, Time, Uuid};

/// The fields of the rows, by the names that serde gives them. The first of them is never null.
pub type Fields = [(&'static str, Type)];

/// A statement in whose text `{rows}` stands for the rows as a table, `{each}` for the same where each of them is to be
/// looked up in another table by index, `{columns}` for their names, and `{among}`, after a column, for its being the
/// `id` of one of them. `more` follow from `$2` on.
pub fn statement(
    db: &impl ConnectionTrait,
    sql: &str,
    fields: &Fields,
    rows: &impl Serialize,
    more: impl IntoIterator<Item = Value>,
) -> Result<Statement, serde_json::Error> {
    let backend = db.get_database_backend();
    let (sql, values) = sql_and_values(backend, sql, fields, rows, more)?;
    Ok(Statement::from_sql_and_values(backend, sql, values))
}

/// [`statement`] whose plan may be kept.
pub fn generic_plan_statement(
    backend: DbBackend,
    sql: &str,
    fields: &Fields,
    rows: &impl Serialize,
    more: impl IntoIterator<Item = Value>,
) -> Result<GenericPlanStatement, serde_json::Error> {
    let (sql, values) = sql_and_values(backend, sql, fields, rows, more)?;
    Ok(GenericPlanStatement::new(backend, sql, values))
}

fn sql_and_values(
    backend: DbBackend,
    sql: &str,
    fields: &Fields,
    rows: &impl Serialize,
    more: impl IntoIterator<Item = Value>,
) -> Result<(String, Vec<Value>), serde_json::Error> {
    let mut values: Vec<_> = more.into_iter().collect();
    let table = if backend == DbBackend::Postgres {
        // The first column is `$1`, the others come last.
        let others = values.len();
        let mut columns = columns(fields, rows)?.into_iter();
        values.splice(0..0, columns.next());
        values.extend(columns);
        unfolded(fields, |column| if column == 0 { 1 } else { column + 1 + others })
    } else {
        values.insert(0, json(rows)?);
        table(backend, fields)
    };
    let sql =
        sql.replace("{among}", &among(backend, &table)).replace("{each}", &each(backend, fields, &table));
    Ok((sql.replace("{rows}", &table).replace("{columns}", &names(fields)), values))
}

/// The rows of [`columns`], in the places from `$first` on, as a table of PostgreSQL.
pub fn columns_at(fields: &Fields, first: usize) -> String {
    unfolded(fields, |column| column + first)
}

/// The same, of which each is to be looked up: `{each}` of [`statement`].
pub fn each_columns_at(fields: &Fields, first: usize) -> String {
    each(DbBackend::Postgres, fields, &columns_at(fields, first))
}

/// The names of the fields, as a list of columns.
pub fn names(fields: &Fields) -> String {
    fields.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// The last of the columns says by its bits which fields of a row are null: arrays that sea-orm binds have no nulls.
fn unfolded(fields: &Fields, place: impl Fn(usize) -> usize) -> String {
    let (mut arrays, mut names, mut chosen) = (vec![], vec![], vec![]);
    for (column, (name, kind)) in fields.iter().enumerate() {
        let (array, cast) = match kind {
            // An array of JSON would be read once to be bound, and once more.
            Json => ("text", "::jsonb"),
            RawJson => ("text", "::json"),
            kind => (postgres(*kind), ""),
        };
        arrays.push(format!("${}::{array}[]", place(column)));
        names.push(*name);
        chosen.push(match column {
            0 => format!("{name}{cast}"),
            _ => format!("case when absent & {} = 0 then {name}{cast} end as {name}", 1_u64 << column),
        });
    }
    let (arrays, names, chosen) = (arrays.join(", "), names.join(", "), chosen.join(", "));
    let absent = place(fields.len());
    format!("(select {chosen} from unnest({arrays}, ${absent}::bigint[]) as u ({names}, absent)) as r")
}

/// A few further rows, in the place `$n`, as a table of that name; the value of `$n` is theirs, by [`json`].
pub fn table_at(backend: DbBackend, fields: &Fields, place: u8, name: &str) -> String {
    at(&table(backend, fields), place, name)
}

/// The same, of which each is to be looked up: `{each}` of [`statement`].
pub fn each_at(backend: DbBackend, fields: &Fields, place: u8, name: &str) -> String {
    at(&each(backend, fields, &table(backend, fields)), place, name)
}

fn at(table: &str, place: u8, name: &str) -> String {
    table.replace("$1", &format!("${place}")).replace(" as r", &format!(" as {name}"))
}

/// The value that stands for rows.
pub fn json(rows: &impl Serialize) -> Result<Value, serde_json::Error> {
    Ok(Value::from(serde_json::to_string(rows)?))
}

/// The columns of a table, each with the table's name: what `*` stands for where others are joined to it.
pub fn every<E: EntityTrait>() -> String {
    let entity = E::default();
    let columns = E::Column::iter().map(|column| format!("{}.{}", entity.table_name(), column.as_str()));
    columns.collect::<Vec<_>>().join(", ")
}

/// A clause that locks rows, where several transactions can write at a time.
pub fn locking(backend: DbBackend, clause: &str) -> &str {
    if backend == DbBackend::Postgres { clause } else { "" }
}

/// A row of an id alone.
#[derive(Serialize)]
pub struct Id {
    id: uuid::Uuid,
}

/// The field of [`ids`].
pub const ID: &Fields = &[("id", Uuid)];

/// Rows of ids, in their order.
pub fn ids(all: impl IntoIterator<Item = uuid::Uuid>) -> Vec<Id> {
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

/// PostgreSQL takes a parameter for a few rows, and a table that has just begun to grow for as few: it may then walk
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
        Json => "jsonb",
        RawJson => "json",
    }
}

/// `->>` gives numbers as numbers, objects as their text, null as null. Ids are 16 bytes. Times get the
/// ending with which the driver writes them, since they are compared as text.
fn sqlite(name: &str, kind: Type) -> String {
    match kind {
        Uuid => format!("unhex(replace(value->>'{name}', '-', ''))"),
        Time => format!("replace(value->>'{name}', 'Z', '+00:00')"),
        Int | Float | Bool | Text | Date | Json | RawJson => format!("value->>'{name}'"),
    }
}
