//! `bulk_import`: creates the customers of a bulk request, or summarizes the chunks of a file.
//!
//! Triggered by `POST /api/v1/bulk/customers` and, for a file, by the end of its last chunk.
//!
//! Safe to run twice: each step creates its rows and counts them in one transaction guarded by the attempt number, so a
//! later attempt starts after the last counted row, and an attempt that has lost its lease cannot commit. Summarizing
//! only reads.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use engine::ledger::{self, Progress};
use isp::{
    customers::NewCustomer,
    imports,
    payloads::{BulkImport, ImportRow, Options, RowContent, Source},
};
use serde_json::json;

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let import: BulkImport = context.payload()?;
    match import.source {
        Source::Inline(customers) => create_all(context, customers, import.options).await,
        Source::Chunks { .. } => summarize(context, import.options),
    }
}

async fn create_all(context: &JobContext, customers: Vec<NewCustomer>, options: Options) -> JobResult {
    let mut place = context.job.processed.unsigned_abs();
    let stopped_before = options.stop_on_error && context.job.failed > 0;
    let mut rest = customers.into_iter().skip(usize::try_from(place).unwrap_or(usize::MAX));
    let size = context.kernel.settings.bulk.rows_per_step;
    loop {
        let rows: Vec<_> = rest.by_ref().take(size).map(row).collect();
        if rows.is_empty() || stopped_before {
            return Ok(Outcome::Done(None));
        }
        let read = rows.len() as u64;
        if create_some(context, place, rows, options).await? {
            return Ok(Outcome::Done(Some(json!({ "stopped": "at the first error" }))));
        }
        place += read;
    }
}

/// A row of a JSON request, without a line.
fn row(new: NewCustomer) -> ImportRow {
    ImportRow { line: None, content: RowContent::Customer(Box::new(new)) }
}

/// One step: rows, errors and counts in one transaction. True if an error ends the import.
async fn create_some(
    context: &JobContext,
    place: u64,
    rows: Vec<ImportRow>,
    options: Options,
) -> Result<bool, Outcome> {
    let (kernel, job) = (&context.kernel, &context.job);
    let transaction = kernel.db.begin().await?;
    let step =
        imports::step(&transaction, &context.actor()?, place, rows, options, kernel.clock.now()).await?;
    imports::record_errors(&transaction, job.id, step.rejections).await?;
    let progress = ledger::advance(&transaction, job.id, job.attempt, step.rows).await?;
    if progress == Progress::LeaseLost {
        return Err(Outcome::LeaseLost);
    }
    transaction.commit().await?;
    step.pushes.push(&*kernel.transport).await;
    if progress == Progress::StopRequested && !step.stopped {
        return Err(Outcome::Cancelled);
    }
    Ok(step.stopped)
}

/// All chunks have ended. Rows that none of them counted belong to failed chunks.
fn summarize(context: &JobContext, options: Options) -> JobResult {
    let job = &context.job;
    let left = job.total.unwrap_or(0) - job.processed;
    if left == 0 {
        return Ok(Outcome::Done(None));
    }
    if options.stop_on_error && job.failed > 0 {
        return Ok(Outcome::Done(Some(json!({ "stopped": "at the first error" }))));
    }
    Err(Outcome::GiveUp(format!(
        "{left} rows were not processed, because their chunks failed; retry this job to continue"
    )))
}
