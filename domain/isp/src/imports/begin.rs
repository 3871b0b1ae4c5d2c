//! Starts imports: enqueues the import's job, and for a file its chunks, within the unit of work.

use super::chunk;
use crate::{
    customers::NewCustomer,
    payloads::{BulkImport, BulkImportChunk, ImportRow, Options, Source},
};
use chrono::{DateTime, Utc};
use engine::ledger::{self, NewJob};
use entities::{event, ids::JobId};
use kernel::{
    UnitOfWork,
    events::{self, Actor},
};
use platform::error::{Error, Result};
use serde_json::json;

/// A new import, as known without a query.
#[derive(Debug, Clone, Copy)]
pub struct StartedImport {
    /// The import's job.
    pub id: JobId,
    /// The number of rows.
    pub rows: usize,
    /// As in the job's row.
    pub created_at: DateTime<Utc>,
    /// As in the row of the job.
    pub expires_at: DateTime<Utc>,
}

/// Enqueues the import of validated rows; returns once it is durable.
pub async fn begin(
    work: &UnitOfWork,
    customers: Vec<NewCustomer>,
    options: Options,
) -> Result<StartedImport> {
    let rows = customers.len();
    let (job, begun) = import(work, &BulkImport { source: Source::Inline(customers), options }, rows)?;
    work.enqueue(job, vec![created(&work.actor, &begun, options)?]).await?;
    Ok(begun)
}

fn import(work: &UnitOfWork, payload: &BulkImport, rows: usize) -> Result<(NewJob, StartedImport)> {
    let created_at = work.now();
    let expires_at = created_at + work.kernel.settings.bulk.expires;
    let job = NewJob::new(Some(work.actor.organization), payload)?
        .total(i64::try_from(rows).unwrap_or(i64::MAX))
        .request_id(work.actor.request_id.clone())
        .created_at(created_at)
        .expires_at(expires_at);
    let begun = StartedImport { id: job.id, rows, created_at, expires_at };
    Ok((job, begun))
}

/// The event of the import.
fn created(actor: &Actor, begun: &StartedImport, options: Options) -> Result<event::Model> {
    let payload = json!({ "rows": begun.rows, "options": options });
    events::event(actor, "bulk_import.created", ("job", begun.id.0), &payload, begun.created_at)
}

/// An uploaded file whose format was validated.
pub trait Upload: Send + 'static {
    /// The number of rows.
    fn rows(&self) -> usize;

    /// The next row; `None` at the end.
    fn next(&mut self) -> Result<Option<ImportRow>>;
}

/// Stores the file's rows in chunks and enqueues their jobs, all or nothing. Only one chunk at a time is in memory:
/// `bulk.chunk_bytes` and a row.
pub async fn begin_file(
    work: &UnitOfWork,
    mut upload: impl Upload,
    options: Options,
) -> Result<StartedImport> {
    let (parent, begun) = import(work, &BulkImport { source: Source::Chunks {}, options }, upload.rows())?;
    let (id, now) = (parent.id, work.now());
    let transaction = work.transaction().await?;
    // Without rows the import has ended.
    let parent = if upload.rows() == 0 { parent } else { parent.waits_for(1) };
    let mut pushes = ledger::enqueue(&transaction, vec![parent], now).await?.pushes;
    let mut chunks = vec![];
    let mut first_row = 0;
    loop {
        let chunk;
        (upload, chunk) = chunk::read(upload, &work.kernel.settings.bulk).await?;
        let Some(chunk::Chunk { rows, text }) = chunk else { break };
        let number = i32::try_from(chunks.len()).map_err(Error::internal)?;
        chunk::store(&transaction, id, number, text).await?;
        chunks.push(BulkImportChunk { import: id, number, first_row, rows, options, chain_of: None });
        first_row += u64::from(rows);
    }
    let chunks = first_ones(chunks);
    if chunks.len() > 1 {
        ledger::add_parts(&transaction, id, i32::try_from(chunks.len()).unwrap_or(i32::MAX) - 1).await?;
    }
    let jobs = chunks.iter().map(|chunk| chunk_job(&work.actor, chunk)).collect::<Result<_>>()?;
    pushes = pushes.and(ledger::enqueue(&transaction, jobs, now).await?.pushes);
    work.enqueue_on_commit(pushes);
    work.record([created(&work.actor, &begun, options)?]);
    Ok(begun)
}

/// The chunks to process first: all, or only the first if an error must stop later ones.
fn first_ones(mut chunks: Vec<BulkImportChunk>) -> Vec<BulkImportChunk> {
    let count = i32::try_from(chunks.len()).unwrap_or(i32::MAX);
    if chunks.first().is_some_and(|chunk| chunk.options.stop_on_error) {
        chunks.truncate(1);
        for chunk in &mut chunks {
            chunk.chain_of = Some(count);
        }
    }
    chunks
}

/// The job of a chunk, a child of its import.
pub fn chunk_job(actor: &Actor, chunk: &BulkImportChunk) -> Result<NewJob> {
    let job = NewJob::new(Some(actor.organization), chunk)?
        .part_of(chunk.import)
        .total(i64::from(chunk.rows))
        .request_id(actor.request_id.clone());
    Ok(job)
}
