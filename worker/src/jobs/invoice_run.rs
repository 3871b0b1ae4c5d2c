//! `invoice_run`: summarizes a billing run.
//!
//! Triggered by the end of its last batch (`invoice`).
//!
//! Safe to run twice: it only reads.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use entities::job::{self, JobState};
use isp::payloads::InvoiceRun;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let run: InvoiceRun = context.payload()?;
    let children = job::Entity::find()
        .filter(job::Column::ParentId.eq(context.job.id))
        .filter(job::Column::State.ne(JobState::Succeeded));
    match children.count(context.kernel.db.reader()).await? {
        0 => {
            let (invoices, refused) = (context.job.succeeded, context.job.failed);
            let result = json!({ "month": run.month, "invoices": invoices, "refused": refused });
            Ok(Outcome::Done(Some(result)))
        }
        left => {
            Err(Outcome::GiveUp(format!("{left} batches of customers failed; retry this job to continue")))
        }
    }
}
