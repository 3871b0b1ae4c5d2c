//! What becomes of a request: once, whoever is first.

use super::{RESOURCE, acting_for, lock};
use crate::{Work, error::Result, events, ledger};
use entities::{
    ids::{VendorRequestId, VendorResultId},
    vendor_request::{self, RequestState},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};

/// How a request is decided.
#[derive(Debug)]
pub(super) struct Decision {
    pub state: RequestState,
    /// Why it has failed.
    pub reason: Option<String>,
    /// By which result; none: it was given up.
    pub result: Option<VendorResultId>,
}

/// Gives a request up, with this reason: nobody waits for the vendor any more. One that is decided stays as it is.
pub async fn give_up(work: &Work, request: VendorRequestId, reason: &str) -> Result<()> {
    let request = lock(work, request).await?;
    let decision = Decision { state: RequestState::Failed, reason: Some(reason.into()), result: None };
    decide(work, &request, decision).await
}

/// Decides a request, which is locked, unless it is decided: records `provision_request.succeeded` or
/// `provision_request.failed`, and has the job that waits for it go on.
pub(super) async fn decide(work: &Work, before: &vendor_request::Model, decision: Decision) -> Result<()> {
    if before.state != RequestState::Open {
        return Ok(());
    }
    let kind = match decision.state {
        RequestState::Succeeded => "provision_request.succeeded",
        _ => "provision_request.failed",
    };
    let after = vendor_request::Model {
        state: decision.state,
        reason: decision.reason,
        result_id: decision.result,
        decided_at: Some(work.now()),
        ..before.clone()
    };
    write(work, before, &after, kind).await?;
    if let Some(job) = after.waiting_job {
        let woken = ledger::wake(&*work.transaction().await?, job, work.now()).await?;
        work.push_after(woken).await;
    }
    Ok(())
}

/// Writes what became of a request, and the event of that kind.
pub(super) async fn write(
    work: &Work,
    before: &vendor_request::Model,
    after: &vendor_request::Model,
    kind: &str,
) -> Result<()> {
    let row = vendor_request::ActiveModel {
        id: Set(after.id),
        state: Set(after.state),
        reason: Set(after.reason.clone()),
        result_id: Set(after.result_id),
        decided_at: Set(after.decided_at),
        ..Default::default()
    };
    row.update(&*work.transaction().await?).await?;
    let actor = acting_for(work, after.organization_id);
    let event = events::change(&actor, kind, (RESOURCE, after.id.0), (before, after), work.now())?;
    work.record([event]).await
}
