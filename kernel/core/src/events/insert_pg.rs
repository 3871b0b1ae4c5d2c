//! SQL to insert events in PostgreSQL.

use super::FIELDS;
use entities::event::Model;
use platform::bulk;
use sea_orm::Value;

/// The beginning of a statement that inserts events; its values from `$first` are [`values`].
pub fn statement(first: usize) -> String {
    let names = bulk::names(FIELDS);
    format!("insert into events ({names}) select {names} from {}", bulk::columns_at(FIELDS, first))
}

/// The values of [`statement`].
pub fn values(events: &[Model]) -> Result<Vec<Value>, serde_json::Error> {
    bulk::columns(FIELDS, &events)
}
