//! `bulk_import_chunk`: creates the customers of one chunk of an uploaded file.
//!
//! Triggered by `POST /api/v1/bulk/customers/file`, once per chunk; with `stopOnError`, by the previous chunk.
//!
//! Safe to run twice: the rows, their errors, the import's counts, the removal of the chunk and the end of this job are
//! one transaction, which fails for an attempt that has lost its lease.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use engine::ledger::{self, PendingPush, Progress};
use entities::import_chunk;
use isp::{
    imports::{self, Step},
    payloads::{BulkImportChunk, ImportRow},
};
use sea_orm::{DatabaseTransaction, EntityTrait};

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let chunk: BulkImportChunk = context.payload()?;
    let rows = load(context, &chunk).await?;
    let next_row = chunk.first_row + rows.len() as u64;
    let kernel = &context.kernel;
    if context.cancel.is_cancelled() {
        return Err(Outcome::Cancelled);
    }
    let transaction = kernel.db.begin().await?;
    let actor = context.actor()?;
    let mut step =
        imports::step(&transaction, &actor, chunk.first_row, rows, chunk.options, kernel.clock.now()).await?;
    let rejections = std::mem::take(&mut step.rejections);
    imports::record_errors(&transaction, chunk.import, rejections).await?;
    let pushes = std::mem::take(&mut step.pushes);
    let pushes = pushes.and(end(context, &transaction, (&chunk, next_row), &step).await?);
    transaction.commit().await?;
    pushes.push(&*kernel.transport).await;
    Ok(Outcome::AlreadyCommitted)
}

async fn load(context: &JobContext, chunk: &BulkImportChunk) -> Result<Vec<ImportRow>, Outcome> {
    let found = import_chunk::Entity::find_by_id((chunk.import, chunk.number));
    let found = found.one(context.kernel.db.reader()).await?;
    let found = found.ok_or_else(|| Outcome::GiveUp("the chunk's rows are missing".into()))?;
    serde_json::from_str(&found.rows).map_err(|error| Outcome::GiveUp(format!("unreadable rows: {error}")))
}

/// The counts and the end of the chunk. The import's row comes last, because concurrent chunks wait for each other
/// there.
async fn end(
    context: &JobContext,
    transaction: &DatabaseTransaction,
    (chunk, next_row): (&BulkImportChunk, u64),
    step: &Step,
) -> Result<PendingPush, Outcome> {
    let job = &context.job;
    import_chunk::Entity::delete_by_id((chunk.import, chunk.number)).exec(transaction).await?;
    if ledger::advance(transaction, job.id, job.attempt, step.rows).await? == Progress::LeaseLost {
        return Err(Outcome::LeaseLost);
    }
    if ledger::advance_parent(transaction, chunk.import, step.rows).await? == Progress::LeaseLost {
        return Err(Outcome::Cancelled);
    }
    let next = next_of_chain(context, transaction, (chunk, next_row), step).await?;
    Ok(next.and(context.succeed(transaction).await?))
}

/// With `stopOnError`, enqueues the next chunk, which begins at that row.
async fn next_of_chain(
    context: &JobContext,
    transaction: &DatabaseTransaction,
    (chunk, first_row): (&BulkImportChunk, u64),
    step: &Step,
) -> Result<PendingPush, Outcome> {
    let last = chunk.chain_of.is_none_or(|count| chunk.number + 1 >= count);
    if last || step.stopped {
        return Ok(PendingPush::default());
    }
    let number = chunk.number + 1;
    // An unreadable chunk is reported when it is processed.
    let rows = imports::rows_of(transaction, chunk.import, number).await?.unwrap_or_default();
    let next = BulkImportChunk { number, first_row, rows, ..chunk.clone() };
    let job = imports::chunk_job(&context.actor()?, &next)?;
    ledger::add_parts(transaction, chunk.import, 1).await?;
    Ok(ledger::enqueue(transaction, vec![job], context.kernel.clock.now()).await?.pushes)
}
