//! Bulk jobs: begin, look at, follow, cancel.

use super::{
    MOUNT, PREFIX, Tag,
    bulk_errors::{ErrorFile, download},
    schema::{BulkCustomerCreate, BulkId, BulkJob, BulkJobResponse, Path},
};
use crate::Caller;
use edge::{JsonBody, Result};
use engine::ledger::CancelOutcome;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use isp::imports::{self, ERRORS_SHOWN, Import, StartedImport};
use kernel::Kernel;
use platform::Error;
use poem::web::sse::Event;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::Header,
    payload::{EventStream, Json},
    types::ToJSON,
};
use std::time::Duration;

/// Seconds after which an unfinished job is worth another look.
const RETRY_AFTER: u64 = 1;
/// How often a silent stream says that it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The resource.
pub struct Bulk;

/// The answer to a begin.
#[derive(ApiResponse)]
pub enum Accepted {
    /// Bulk job created
    #[oai(status = 202)]
    Accepted(
        Json<BulkJobResponse>,
        /// URL of the bulk job
        #[oai(header = "Location")]
        String,
        /// Seconds to wait before polling
        #[oai(header = "Retry-After")]
        u64,
    ),
}

impl From<StartedImport> for Accepted {
    fn from(begun: StartedImport) -> Self {
        let location = format!("{MOUNT}{PREFIX}/bulk/jobs/{}", BulkId(begun.id));
        Self::Accepted(answer(begun.into()), location, RETRY_AFTER)
    }
}

/// The answer to a poll.
#[derive(ApiResponse)]
enum Polled {
    /// Bulk job status
    #[oai(status = 200)]
    Job(
        Json<BulkJobResponse>,
        /// Seconds to wait before polling again; only until the job has ended
        #[oai(header = "Retry-After")]
        Option<u64>,
        /// `wait=N`, if the response was delayed
        #[oai(header = "Preference-Applied")]
        Option<String>,
    ),
}

/// The answer to a cancellation.
#[derive(ApiResponse)]
enum Cancelled {
    /// The job had not started and is cancelled
    #[oai(status = 200)]
    Ended(Json<BulkJobResponse>),
    /// The job is running and will stop; customers already created are kept
    #[oai(status = 202)]
    Asked(Json<BulkJobResponse>),
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Bulk")]
impl Bulk {
    /// Bulk create customers
    ///
    /// Create multiple customers in a single request (max 100)
    #[oai(path = "/bulk/customers", method = "post", operation_id = "bulkCreateCustomers")]
    async fn create(&self, caller: Caller, body: JsonBody<BulkCustomerCreate>) -> Result<Accepted> {
        let options = body.0.options.0.map(Into::into).unwrap_or_default();
        let customers = body.0.customers.into_iter().map(Into::into).collect();
        Ok(imports::begin(caller.work()?, customers, options).await?.into())
    }

    /// Get bulk job status
    ///
    /// Get the status and results of a bulk operation
    #[oai(path = "/bulk/jobs/:id", method = "get", operation_id = "getBulkJob")]
    async fn get(
        &self,
        caller: Caller,
        /// Bulk job ID
        id: Path<BulkId>,
        /// `wait=N` waits up to N seconds for the job to end
        #[oai(name = "Prefer")]
        prefer: Header<Option<String>>,
    ) -> Result<Polled> {
        let mut import = imports::get(caller.kernel(), caller.organization(), id.0.0).await?;
        let wait =
            prefer.as_deref().and_then(|prefer| edge::wait(prefer, caller.kernel().settings.http.max_wait));
        if let Some(wait) = wait {
            import.job = caller.app().jobs.until_ended(import.job, wait).await;
        }
        let retry_after = (!import.job.state.is_final()).then_some(RETRY_AFTER);
        let applied = wait.map(|wait| format!("wait={}", wait.as_secs()));
        Ok(Polled::Job(answer(with_errors(caller.kernel(), &import).await?), retry_after, applied))
    }

    /// Follow a bulk job
    ///
    /// Server-sent events: `progress` with the job (without row errors) immediately and after each change, then `done`
    /// when the job has ended, which closes the stream
    #[oai(path = "/bulk/jobs/:id/events", method = "get", operation_id = "followBulkJob")]
    async fn events(
        &self,
        caller: Caller,
        /// Bulk job ID
        id: Path<BulkId>,
    ) -> Result<EventStream<BoxStream<'static, BulkJob>>> {
        let import = imports::get(caller.kernel(), caller.organization(), id.0.0).await?;
        let mut told = false;
        let stream = caller
            .app()
            .jobs
            .changes(import.job)
            .map(|job| Import { job })
            .flat_map(twice_at_the_end)
            .boxed();
        let event = move |job: BulkJob| {
            let kind =
                if std::mem::replace(&mut told, job.completed_at.0.is_some()) { "done" } else { "progress" };
            Event::message(job.to_json_string()).event_type(kind)
        };
        Ok(EventStream::new(stream).to_event(event).keep_alive(KEEP_ALIVE))
    }

    /// Download a bulk job's row errors
    ///
    /// CSV with the columns `row` (starting at 0), `field` and `message`, one line per fault
    #[oai(path = "/bulk/jobs/:id/errors", method = "get", operation_id = "downloadBulkJobErrors")]
    async fn errors(
        &self,
        caller: Caller,
        /// Bulk job ID
        id: Path<BulkId>,
    ) -> Result<ErrorFile> {
        let import = imports::get(caller.kernel(), caller.organization(), id.0.0).await?;
        download(caller.kernel().clone(), import.job.id).await
    }

    /// Cancel a bulk job
    ///
    /// Stops a bulk operation. Customers already created are kept
    #[oai(path = "/bulk/jobs/:id", method = "delete", operation_id = "cancelBulkJob")]
    async fn cancel(
        &self,
        caller: Caller,
        /// Bulk job ID
        id: Path<BulkId>,
    ) -> Result<Cancelled> {
        let (outcome, import) = imports::cancel(caller.work()?, id.0.0).await?;
        if let CancelOutcome::AlreadyEnded(_) = outcome {
            return Err(Error::Conflict { message: "The job has ended already".into(), field: None }.into());
        }
        let answer = answer(with_errors(caller.kernel(), &import).await?);
        Ok(match outcome {
            CancelOutcome::Requested => Cancelled::Asked(answer),
            _ => Cancelled::Ended(answer),
        })
    }
}

fn answer(data: BulkJob) -> Json<BulkJobResponse> {
    Json(BulkJobResponse::of(data))
}

async fn with_errors(kernel: &Kernel, import: &Import) -> Result<BulkJob> {
    let errors = match import.job.failed {
        0 => vec![],
        _ => imports::error_pages(kernel, import.job.id, -1, ERRORS_SHOWN).await?,
    };
    Ok(BulkJob::new(import, errors))
}

/// The last state is told as progress, and again as the end.
fn twice_at_the_end(import: Import) -> impl futures::Stream<Item = BulkJob> + Send {
    let times = if import.job.state.is_final() { 2 } else { 1 };
    stream::iter((0..times).map(move |_| BulkJob::new(&import, vec![])))
}
