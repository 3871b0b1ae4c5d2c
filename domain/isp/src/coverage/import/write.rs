//! Writes the changes, many rows per statement.

use super::{Counts, diff::Diff, record::Record};
use kernel::{UnitOfWork, events};
use platform::{
    bulk::{self, SqlType},
    error::Result,
};
use sea_orm::{ConnectionTrait, DbBackend};
use serde::Serialize;
use std::collections::HashMap;
use uuid::Uuid;

/// Maximum number of rows per statement.
const CHUNK: usize = 1_000;

/// Inserts and updates records, with one event each.
pub(super) async fn write<T: Record>(work: &UnitOfWork, merged: Diff<T>) -> Result<Counts> {
    let Diff { added, changed, same, .. } = merged;
    let mut pairs = vec![];
    for chunk in changed.chunks(CHUNK) {
        pairs.extend(locked(work, chunk).await?);
    }
    if let Some(column) = T::EXCHANGED {
        for chunk in pairs.chunks(CHUNK) {
            free_values::<T>(work, column, chunk).await?;
        }
    }
    for chunk in pairs.chunks(CHUNK) {
        update(work, chunk).await?;
    }
    for chunk in added.chunks(CHUNK) {
        insert(work, chunk).await?;
    }
    let [added, all, changed] = [added.len(), changed.len(), pairs.len()].map(|count| count as u64);
    Ok(Counts { added, changed, same: same + all - changed })
}

#[derive(Serialize)]
struct Row {
    id: Uuid,
}

const ID: &bulk::Fields = &[("id", SqlType::Uuid)];

/// The locked current records and their new states, if they still differ: an ONT may have been assigned meanwhile.
async fn locked<T: Record>(work: &UnitOfWork, wanted: &[T]) -> Result<Vec<(T, T)>> {
    let transaction = work.transaction().await?;
    // In a global order, to avoid deadlocks.
    let locking = match transaction.get_database_backend() {
        DbBackend::Postgres => "order by id for update",
        _ => "",
    };
    let sql = format!("select * from {} where id in (select id from {{rows}}) {locking}", T::TABLE);
    let ids: Vec<_> = wanted.iter().map(|record| Row { id: record.id() }).collect();
    let found = T::find_by_statement(bulk::statement(&transaction, &sql, ID, &ids, [])?);
    let found = found.all(&transaction).await?;
    let found: HashMap<_, _> = found.into_iter().map(|record| (record.id(), record)).collect();
    let pair = |wanted: &T| {
        let before = found.get(&wanted.id())?;
        let after = wanted.over(before);
        (after != *before).then(|| (before.clone(), after.changed_at(work.now())))
    };
    Ok(wanted.iter().filter_map(pair).collect())
}

/// Frees the values of a unique column that records may swap. The placeholders cannot occur in a file.
async fn free_values<T: Record>(work: &UnitOfWork, column: &str, pairs: &[(T, T)]) -> Result<()> {
    let transaction = work.transaction().await?;
    let sql = format!("update {} set {column} = '~' || code where id in (select id from {{rows}})", T::TABLE);
    let ids: Vec<_> = pairs.iter().map(|(before, _)| Row { id: before.id() }).collect();
    transaction.execute_raw(bulk::statement(&transaction, &sql, ID, &ids, [])?).await?;
    Ok(())
}

async fn update<T: Record>(work: &UnitOfWork, pairs: &[(T, T)]) -> Result<()> {
    let transaction = work.transaction().await?;
    let columns = T::FIELDS.iter().map(|(name, _)| name).filter(|name| **name != "id");
    let columns: Vec<_> = columns.map(|name| format!("{name} = r.{name}")).collect();
    let sql = format!("update {0} set {1} from {{rows}} where {0}.id = r.id", T::TABLE, columns.join(", "));
    let after: Vec<_> = pairs.iter().map(|(_, after)| after).collect();
    transaction.execute_raw(bulk::statement(&transaction, &sql, T::FIELDS, &after, [])?).await?;
    let kind = format!("{}.updated", T::RESOURCE);
    let event = |(before, after): &(T, T)| {
        events::change(&work.actor, &kind, (T::RESOURCE, after.id()), (before, after), work.now())
    };
    work.record(pairs.iter().map(event).collect::<Result<Vec<_>>>()?);
    Ok(())
}

async fn insert<T: Record>(work: &UnitOfWork, records: &[T]) -> Result<()> {
    let transaction = work.transaction().await?;
    let sql = format!("insert into {} ({{columns}}) select {{columns}} from {{rows}}", T::TABLE);
    transaction.execute_raw(bulk::statement(&transaction, &sql, T::FIELDS, &records, [])?).await?;
    let kind = format!("{}.created", T::RESOURCE);
    let event =
        |record: &T| events::event(&work.actor, &kind, (T::RESOURCE, record.id()), record, work.now());
    work.record(records.iter().map(event).collect::<Result<Vec<_>>>()?);
    Ok(())
}
