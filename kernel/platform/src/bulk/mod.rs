//! Many rows as bound parameters: in PostgreSQL one array per column, expanded with `unnest`; in SQLite one JSON array.
//!
//! The statement's text does not depend on the number of rows, so it is prepared once.

mod cell_pg;
mod columns_pg;

pub use columns_pg::columns;

use crate::db::GenericPlanStatement;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable, Statement, Value};
use serde::Serialize;

/// The SQL type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlType {
    /// An id.
    Uuid,
    /// An integer.
    Int,
    /// A floating-point number.
    Float,
    /// True or false.
    Bool,
    /// Text.
    Text,
    /// A timestamp.
    Time,
    /// A date.
    Date,
    /// JSON.
    Json,
    /// JSON whose text PostgreSQL keeps unchanged.
    RawJson,
}

use SqlType::{Bool, Date, Float, Int, Json, RawJson, Text, Time, Uuid};

/// The fields of the rows, by their serde names. The first one is never null.
pub type Fields = [(&'static str, SqlType)];

/// A statement with placeholders: `{rows}` is the rows as a table, `{rows_by_key}` the same for joins that look up each
/// row by index in another table, `{columns}` the column names, and `{in_ids}`, after a column, a condition that it is
/// one of the rows' `id`s. `more` are the parameters from `$2`.
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

/// [`statement`] for a cached generic plan.
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
        unnest(fields, |column| if column == 0 { 1 } else { column + 1 + others })
    } else {
        values.insert(0, json(rows)?);
        table(backend, fields)
    };
    let sql = sql
        .replace("{in_ids}", &in_ids(backend, &table))
        .replace("{rows_by_key}", &by_key(backend, fields, &table));
    Ok((sql.replace("{rows}", &table).replace("{columns}", &names(fields)), values))
}

/// The rows of [`columns`], in parameters from `$first`, as a table of PostgreSQL.
pub fn columns_at(fields: &Fields, first: usize) -> String {
    unnest(fields, |column| column + first)
}

/// The names of the fields, separated by commas.
pub fn names(fields: &Fields) -> String {
    fields.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// The last array is a bit mask of the null fields of each row: arrays bound by sea-orm have no nulls.
fn unnest(fields: &Fields, place: impl Fn(usize) -> usize) -> String {
    let (mut arrays, mut names, mut chosen) = (vec![], vec![], vec![]);
    for (column, (name, kind)) in fields.iter().enumerate() {
        let (array, cast) = match kind {
            // A JSON array would be parsed for binding, and once more by the server.
            Json => ("text", "::jsonb"),
            RawJson => ("text", "::json"),
            kind => (postgres(*kind), ""),
        };
        arrays.push(format!("${}::{array}[]", place(column)));
        names.push(*name);
        chosen.push(match column {
            0 => format!("{name}{cast}"),
            _ => format!("case when null_mask & {} = 0 then {name}{cast} end as {name}", 1_u64 << column),
        });
    }
    let (arrays, names, chosen) = (arrays.join(", "), names.join(", "), chosen.join(", "));
    let null_mask = place(fields.len());
    format!("(select {chosen} from unnest({arrays}, ${null_mask}::bigint[]) as u ({names}, null_mask)) as r")
}

/// A few more rows, from the [`json`] value of parameter `place`, as a table of that name.
pub fn table_at(backend: DbBackend, fields: &Fields, place: u8, name: &str) -> String {
    at(&table(backend, fields), place, name)
}

/// [`table_at`] for joins by key, as `{rows_by_key}` of [`statement`].
pub fn by_key_table_at(backend: DbBackend, fields: &Fields, place: u8, name: &str) -> String {
    at(&by_key(backend, fields, &table(backend, fields)), place, name)
}

fn at(table: &str, place: u8, name: &str) -> String {
    table.replace("$1", &format!("${place}")).replace(" as r", &format!(" as {name}"))
}

/// The rows as a JSON value.
pub fn json(rows: &impl Serialize) -> Result<Value, serde_json::Error> {
    Ok(Value::from(serde_json::to_string(rows)?))
}

/// All columns of a table with its name: `*` for a statement with joins.
pub fn every<E: EntityTrait>() -> String {
    let entity = E::default();
    let columns = E::Column::iter().map(|column| format!("{}.{}", entity.table_name(), column.as_str()));
    columns.collect::<Vec<_>>().join(", ")
}

/// The locking clause; empty for SQLite, which has one writer.
pub fn locking(backend: DbBackend, clause: &str) -> &str {
    if backend == DbBackend::Postgres { clause } else { "" }
}

/// A row with only an id.
#[derive(Serialize)]
pub struct Id {
    id: uuid::Uuid,
}

/// The field of [`ids`].
pub const ID: &Fields = &[("id", Uuid)];

/// Rows of ids, in order.
pub fn ids(all: impl IntoIterator<Item = uuid::Uuid>) -> Vec<Id> {
    all.into_iter().map(|id| Id { id }).collect()
}

/// With an array PostgreSQL uses the index whatever the table's statistics; for a join it may prefer to scan a table
/// that has just begun to grow.
fn in_ids(backend: DbBackend, table: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("= any(array(select id from {table}))"),
        _ => format!("in (select id from {table})"),
    }
}

/// The planner guesses ~10 rows for an unnested parameter and as few for a new table, so it may scan the table and look
/// up its rows among the parameters. `= any(array[key])` makes it guess one row and use the index.
fn by_key(backend: DbBackend, fields: &Fields, table: &str) -> String {
    match (backend, fields) {
        (DbBackend::Postgres, [(key, _), ..]) => {
            format!("(select * from {table} where {key} = any(array[{key}])) as r")
        }
        _ => table.to_owned(),
    }
}

fn table(backend: DbBackend, fields: &Fields) -> String {
    let field = |(name, kind): &(&str, SqlType)| match backend {
        DbBackend::Postgres => format!("{name} {}", postgres(*kind)),
        _ => format!("{} as {name}", sqlite(name, *kind)),
    };
    let fields = fields.iter().map(field).collect::<Vec<_>>().join(", ");
    match backend {
        DbBackend::Postgres => format!("json_to_recordset($1::json) as r ({fields})"),
        _ => format!("(select {fields} from json_each($1)) as r"),
    }
}

const fn postgres(kind: SqlType) -> &'static str {
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

/// `->>` returns numbers as numbers, objects as text, null as null. Ids are 16 bytes. Times get the suffix that the
/// driver writes, since they are compared as text.
fn sqlite(name: &str, kind: SqlType) -> String {
    match kind {
        Uuid => format!("unhex(replace(value->>'{name}', '-', ''))"),
        Time => format!("replace(value->>'{name}', 'Z', '+00:00')"),
        Int | Float | Bool | Text | Date | Json | RawJson => format!("value->>'{name}'"),
    }
}
