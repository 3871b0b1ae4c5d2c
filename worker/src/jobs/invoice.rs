//! `invoice`: creates the invoices of a batch of customers for a month.
//!
//! Triggered by the start of a run, once per batch of customers.
//!
//! Safe to run twice: the invoices with their numbers, events and mail, the run's counts and errors, and the end of
//! this job are one transaction, which fails for an attempt that has lost its lease. Another run of the month skips
//! customers that have an invoice; of two concurrent runs, a unique index lets one through.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use engine::ledger::{self, Progress, Rows};
use isp::{
    imports,
    invoices::{self, Billed, CustomerRange, Unbilled},
    payloads::{Invoice, Rejection},
};
use kernel::UnitOfWork;
use serde_json::json;

/// Error positions reserved for each batch in the run's list of errors.
const PLACES: u64 = 1_000_000;

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let part: Invoice = context.payload()?;
    let month = invoices::month(&part.month).map_err(|error| Outcome::GiveUp(error.to_string()))?;
    if context.cancel.is_cancelled() {
        return Err(Outcome::Cancelled);
    }
    let work = UnitOfWork::new(context.kernel.clone(), context.actor()?);
    let bounds = CustomerRange { after: part.after, until: part.until };
    let billed = invoices::bill(&work, month, bounds).await?;
    end(context, &work, &part, &billed).await?;
    work.commit().await?;
    Ok(Outcome::AlreadyCommitted)
}

/// The counts, the errors and the end of the batch. The run's row comes last, because concurrent batches wait for each
/// other there.
async fn end(
    context: &JobContext,
    work: &UnitOfWork,
    part: &Invoice,
    billed: &Billed,
) -> Result<(), Outcome> {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let (succeeded, failed) = (count(billed.invoices.len()), count(billed.unbilled.len()));
    // Customers with nothing to pay or an existing invoice count as processed too.
    let rows = Rows { processed: part.customers, succeeded, failed };
    let transaction = work.transaction().await?;
    let places = u64::from(part.number) * PLACES..;
    let errors = places.zip(billed.unbilled.iter().map(rejection)).collect();
    imports::record_errors(&transaction, part.run, errors).await?;
    if ledger::advance(&transaction, context.job.id, context.job.attempt, rows).await? == Progress::LeaseLost
    {
        return Err(Outcome::LeaseLost);
    }
    if ledger::advance_parent(&transaction, part.run, rows).await? == Progress::LeaseLost {
        return Err(Outcome::Cancelled);
    }
    let pushes = context.succeed(&transaction).await?;
    work.enqueue_on_commit(pushes);
    Ok(())
}

fn rejection(unbilled: &Unbilled) -> Rejection {
    let details = Some(json!({ "customer": unbilled.customer.to_string() }));
    Rejection { message: unbilled.reason.clone(), details }
}
