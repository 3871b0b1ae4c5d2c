//! Results reported by vendors.

use super::{
    MOST, PageRequest, RESOURCE, VendorScope, attempts,
    decide::{Decision, decide, note_failure},
    lock_own,
    outcome::{FinalOutcome, final_outcome},
};
use entities::{
    RawJson,
    ids::{VendorAttemptId, VendorRequestId, VendorResultId},
    vendor_attempt,
    vendor_request::{self, RequestState},
    vendor_result::{self, ResultStatus},
};
use kernel::{Kernel, UnitOfWork, events};
use platform::{
    error::{Error, Result},
    paging::Page,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QueryTrait,
};

/// Maximum length of an error message, enforced by [`shorten`].
pub const LONGEST_MESSAGE: usize = 500;
/// The default error message.
const NO_MESSAGE: &str = "The vendor gave no reason";

/// A new result. Field rules are checked by the contract.
#[derive(Debug, Clone)]
pub struct NewResult {
    /// The attempt; default: the latest.
    pub attempt: Option<VendorAttemptId>,
    /// The status.
    pub status: ResultStatus,
    /// The error message, shortened by [`shorten`].
    pub error_message: Option<String>,
    /// The vendor's own data.
    pub metadata: Option<RawJson>,
    /// The vendor's id of the subscription.
    pub external_subscription_id: Option<String>,
    /// The vendor's id of the partner.
    pub external_partner_id: Option<String>,
    /// The vendor's id of the customer.
    pub external_company_id: Option<String>,
    /// The vendor's id of the partner's enrolment.
    pub external_enrollment_id: Option<String>,
}

/// Stores a result and records `provision_result.created`. A success of any attempt decides the request. A failure
/// leaves it open, as its last failure. `Conflict` if the request is decided, with the decision and its time; then
/// `provision_result.refused` is recorded. `NotFound` if the attempt belongs to another request.
pub async fn post(
    work: &UnitOfWork,
    request: VendorRequestId,
    new: NewResult,
) -> Result<vendor_result::Model> {
    let request = lock_own(work, request).await?;
    let attempt = attempt(work, &request, new.attempt).await?;
    let result = model(work, &request, attempt, new).await?;
    if let Some(outcome) = final_outcome(work, &request).await? {
        return refuse(work, &request, &result, &outcome).await;
    }
    if result.status == ResultStatus::Fail && result.number > MOST {
        let message = format!("The provision request already has {MOST} results; only a Success is accepted");
        return Err(Error::Conflict { message, field: None });
    }
    result.clone().into_active_model().insert(&work.transaction().await?).await?;
    let (object, at) = (("provision_result", result.id.0), result.created_at);
    work.record([events::event(&work.actor, "provision_result.created", object, &result, at)?]);
    match result.status {
        ResultStatus::Success => decide(work, &request, fulfilled(&result)).await?,
        ResultStatus::Fail => note_failure(work, &request, result.error_message.clone()).await?,
    }
    Ok(result)
}

fn fulfilled(result: &vendor_result::Model) -> Decision {
    let state = RequestState::Succeeded;
    Decision { state, reason: None, result: Some(result.id), at: result.created_at }
}

/// The rejected result is recorded, so that both sides can find out what happened.
async fn refuse<T>(
    work: &UnitOfWork,
    request: &vendor_request::Model,
    result: &vendor_result::Model,
    outcome: &FinalOutcome,
) -> Result<T> {
    let (object, at) = ((RESOURCE, request.id.0), result.created_at);
    let event = events::event(&work.actor, "provision_result.refused", object, result, at)?;
    // A rejected request changes nothing, so this is a separate transaction.
    work.rollback().await?;
    work.publish(event).await?;
    Err(outcome.conflict())
}

/// The attempt of a result: the given one, or the latest.
async fn attempt(
    work: &UnitOfWork,
    request: &vendor_request::Model,
    named: Option<VendorAttemptId>,
) -> Result<VendorAttemptId> {
    let Some(id) = named else { return Ok(attempts::latest(work, request).await?.id) };
    let found = vendor_attempt::Entity::of(request.id).filter(vendor_attempt::Column::Id.eq(id));
    let found = found.one(&work.transaction().await?).await?;
    found.map(|attempt| attempt.id).ok_or(Error::NotFound("Provision attempt of this request"))
}

async fn model(
    work: &UnitOfWork,
    request: &vendor_request::Model,
    attempt: VendorAttemptId,
    new: NewResult,
) -> Result<vendor_result::Model> {
    let before = newest_first(request.id).one(&work.transaction().await?).await?;
    Ok(vendor_result::Model {
        id: VendorResultId::new(),
        organization_id: request.organization_id,
        request_id: request.id,
        number: before.map_or(1, |before| before.number + 1),
        attempt_id: attempt,
        status: new.status,
        error_message: message(new.status, new.error_message),
        metadata: new.metadata,
        external_subscription_id: new.external_subscription_id,
        external_partner_id: new.external_partner_id,
        external_company_id: new.external_company_id,
        external_enrollment_id: new.external_enrollment_id,
        created_at: work.now(),
    })
}

/// Shortens an error message to the maximum length.
pub fn shorten(message: &mut String) {
    if let Some((end, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
        message.truncate(end);
    }
}

/// A failure always has a message.
fn message(status: ResultStatus, given: Option<String>) -> Option<String> {
    let given = given.filter(|text| status == ResultStatus::Success || !text.trim().is_empty());
    given.or_else(|| (status == ResultStatus::Fail).then(|| NO_MESSAGE.to_owned()))
}

/// The result that decided the request, or `None` if it is open or was given up without a last failure.
pub async fn result_of(
    db: &impl ConnectionTrait,
    request: &vendor_request::Model,
) -> Result<Option<vendor_result::Model>> {
    let Some(id) = request.result_id else { return Ok(None) };
    Ok(vendor_result::Entity::find_by_id(id).one(db).await?)
}

/// A page of the request's results, or of those of an attempt.
pub async fn list(
    kernel: &Kernel,
    side: VendorScope,
    request: VendorRequestId,
    attempt: Option<VendorAttemptId>,
    part: PageRequest,
) -> Result<Page<vendor_result::Model>> {
    let db = kernel.db.reader();
    let request = side.request(db, request).await?;
    let all = vendor_result::Entity::of(request.id);
    let all = all.apply_if(attempt, |query, id| query.filter(vendor_result::Column::AttemptId.eq(id)));
    part.of(db, all, [vendor_result::Column::Number]).await
}

/// One of them; default: the latest.
pub async fn get(
    kernel: &Kernel,
    side: VendorScope,
    request: VendorRequestId,
    id: Option<VendorResultId>,
) -> Result<vendor_result::Model> {
    let db = kernel.db.reader();
    let request = side.request(db, request).await?;
    let all = newest_first(request.id);
    let all = all.apply_if(id, |query, id| query.filter(vendor_result::Column::Id.eq(id)));
    all.one(db).await?.ok_or(Error::NotFound("Provision result"))
}

/// A request's results, newest first.
fn newest_first(request: VendorRequestId) -> sea_orm::Select<vendor_result::Entity> {
    vendor_result::Entity::of(request).order_by_desc(vendor_result::Column::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_cut_between_characters() {
        for (length, kept) in [(0, 0), (499, 499), (500, 500), (501, 500)] {
            let mut text = "é".repeat(length);
            shorten(&mut text);
            assert_eq!(text, "é".repeat(kept));
        }
    }

    #[test]
    fn a_failure_always_has_a_message() {
        for none in [None, Some(String::new()), Some("  ".into())] {
            assert_eq!(message(ResultStatus::Fail, none).as_deref(), Some(NO_MESSAGE));
        }
        assert_eq!(message(ResultStatus::Success, None), None);
    }
}
