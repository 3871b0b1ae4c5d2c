//! Begin: the import's job, and for a file its chunks, within the unit of work.

use crate::{
    Work,
    domain::customers::NewCustomer,
    error::Result,
    events::{self, Actor},
    jobs::{BulkImport, BulkImportChunk, ImportRow, Options, Source},
    ledger::{self, NewJob},
    rows::{self, Type},
};
use chrono::{DateTime, Utc};
use entities::{event, ids::JobId};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use serde_json::json;

/// An import that has just been begun, as far as its maker can tell without asking the database.
#[derive(Debug, Clone, Copy)]
pub struct Begun {
    /// The import's job.
    pub id: JobId,
    /// How many rows it has.
    pub rows: usize,
    /// As the job's row has it.
    pub created_at: DateTime<Utc>,
    /// As the job's row has it.
    pub expires_at: DateTime<Utc>,
}

/// Enqueues the import of rows that have been checked; returns once it is durable.
pub async fn begin(work: &Work, customers: Vec<NewCustomer>, options: Options) -> Result<Begun> {
    let rows = customers.len();
    let (job, begun) = import(work, &BulkImport { source: Source::Inline(customers), options }, rows)?;
    work.enqueue(job, vec![created(&work.actor, &begun, options)?]).await?;
    Ok(begun)
}

fn import(work: &Work, payload: &BulkImport, rows: usize) -> Result<(NewJob, Begun)> {
    let created_at = work.now();
    let expires_at = created_at + work.kernel.settings.bulk.expires;
    let job = NewJob::new(Some(work.actor.organization), payload)?
        .total(i64::try_from(rows).unwrap_or(i64::MAX))
        .request_id(work.actor.request_id.clone())
        .created_at(created_at)
        .expires_at(expires_at);
    let begun = Begun { id: job.id, rows, created_at, expires_at };
    Ok((job, begun))
}

/// That the import was asked for, and by whom.
fn created(actor: &Actor, begun: &Begun, options: Options) -> Result<event::Model> {
    let payload = json!({ "rows": begun.rows, "options": options });
    events::event(actor, "bulk_import.created", ("job", begun.id.0), &payload, begun.created_at)
}

/// A file that has been read and checked for its form.
pub trait Upload: Send {
    /// How many rows it has.
    fn rows(&self) -> usize;

    /// The next rows, at most `limit`; none at the end.
    fn next(&mut self, limit: usize) -> Result<Vec<ImportRow>>;
}

#[derive(Serialize)]
struct Chunk {
    job_id: JobId,
    number: i32,
    rows: String,
}

/// Stores the file's rows in chunks and enqueues the jobs that work them off, all or nothing. Only one
/// chunk at a time is held in memory.
pub async fn begin_file(work: &Work, upload: &mut dyn Upload, options: Options) -> Result<Begun> {
    let (rows, size) = (upload.rows(), work.kernel.settings.bulk.rows_per_chunk);
    let count = i32::try_from(rows.div_ceil(size)).unwrap_or(i32::MAX);
    // Chunks run side by side, except where an error must stop those after it.
    let chained = options.stop_on_error.then_some(count);
    let (parent, begun) = import(work, &BulkImport { source: Source::Chunks { count }, options }, rows)?;
    let parent = parent.waits_for(if chained.is_some() { 1 } else { count });
    let (id, now) = (parent.id, work.now());
    let transaction = work.transaction().await?;
    let mut tickets = ledger::enqueue(&*transaction, vec![parent], now).await?.tickets;
    let mut jobs = vec![];
    for number in 0..count {
        let chunk = upload.next(size)?;
        let first_row = u64::from(number.unsigned_abs()) * size as u64;
        let rows = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
        store(&*transaction, Chunk { job_id: id, number, rows: serde_json::to_string(&chunk)? }).await?;
        if number == 0 || chained.is_none() {
            let payload = BulkImportChunk { import: id, number, first_row, rows, options, chain_of: chained };
            jobs.push(chunk_job(&work.actor, &payload)?);
        }
    }
    tickets = tickets.and(ledger::enqueue(&*transaction, jobs, now).await?.tickets);
    drop(transaction);
    work.push_after(tickets).await;
    work.record([created(&work.actor, &begun, options)?]).await?;
    Ok(begun)
}

/// The job of one chunk, a part of its import.
pub fn chunk_job(actor: &Actor, chunk: &BulkImportChunk) -> Result<NewJob> {
    let job = NewJob::new(Some(actor.organization), chunk)?
        .part_of(chunk.import)
        .total(i64::from(chunk.rows))
        .request_id(actor.request_id.clone());
    Ok(job)
}

async fn store(transaction: &impl ConnectionTrait, chunk: Chunk) -> Result<()> {
    let fields = &[("job_id", Type::Uuid), ("number", Type::Int), ("rows", Type::Text)];
    let sql = "insert into import_chunks ({columns}) select {columns} from {rows}";
    transaction.execute_raw(rows::statement(transaction, sql, fields, &[chunk], [])?).await?;
    Ok(())
}
