//! The status of an attempt's notification: that of its deliveries or, once they have ended, that stored with the
//! attempt, because the delivery log is removed with its webhook or when expired.

use async_trait::async_trait;
use entities::{
    delivery::DeliveryState,
    endpoint::{self, EndpointStatus},
    ids::EventId,
    vendor_attempt,
    vendor_request::{self, RequestState},
};
use kernel::UnitOfWork;
use platform::{
    bulk::{self, SqlType},
    db::Transaction,
    error::Result,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use std::collections::HashMap;
use webhooks::{Ended, OnEnded};

/// An attempt with the status of its notification.
#[derive(Debug)]
pub struct Attempt {
    /// The attempt.
    pub record: vendor_attempt::Model,
    /// The status of its notification.
    pub delivery_status: DeliveryStatus,
}

/// The delivery status of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// The status.
    pub status: Status,
    /// The error, as a sentence.
    pub detail: Option<String>,
}

/// The status of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// To be sent.
    Pending,
    /// Sent and not acknowledged; it will be sent again.
    Retrying,
    /// Acknowledged.
    Delivered,
    /// Not acknowledged, and not sent again automatically.
    Failed,
    /// Expired.
    Unknown,
}

/// The error of an attempt that waits for a webhook.
const NO_WEBHOOK: &str = "There is no active webhook; the attempt goes to the next one that is registered";
/// The error of an attempt that was never passed to a webhook.
const NOT_DELIVERED: &str = "The provision request was decided before there was a webhook to deliver it to";
/// The error of an attempt whose deliveries have expired.
const SWEPT: &str = "The record of its delivery has expired";

impl DeliveryStatus {
    /// Not sent yet.
    pub(super) const fn pending() -> Self {
        Self { status: Status::Pending, detail: None }
    }
}

/// Stores the final status of deliveries with their attempts. An acknowledgement is never overwritten by a later replay.
pub struct KeepEnded;

#[async_trait]
impl OnEnded for KeepEnded {
    async fn ended(&self, transaction: &Transaction, ended: &[Ended<'_>]) -> Result<()> {
        keep_ended(transaction, ended).await
    }
}

/// Ends the pending deliveries of these attempts' events with this reason, which the attempts store.
pub(super) async fn withdraw(work: &UnitOfWork, events: &[EventId], why: &str) -> Result<()> {
    let withdrawn = webhooks::withdraw(work, events, why).await?;
    let ended = |event_id| Ended { event_id, state: DeliveryState::Failed, error: Some(why) };
    let ended: Vec<_> = withdrawn.into_iter().map(ended).collect();
    keep_ended(&work.transaction().await?, &ended).await
}

async fn keep_ended(transaction: &impl ConnectionTrait, ended: &[Ended<'_>]) -> Result<()> {
    const FIELDS: &bulk::Fields =
        &[("event_id", SqlType::Uuid), ("state", SqlType::Text), ("error", SqlType::Text)];
    if ended.is_empty() {
        return Ok(());
    }
    let sql = "update vendor_attempts set delivery_state = r.state, delivery_error = r.error from {rows_by_key}
      where vendor_attempts.event_id = r.event_id and coalesce(vendor_attempts.delivery_state, '') <> 'success'";
    transaction.execute_raw(bulk::statement(transaction, sql, FIELDS, &ended, [])?).await?;
    Ok(())
}

#[derive(Clone, FromQueryResult)]
struct Sent {
    event_id: EventId,
    state: DeliveryState,
    attempt: i32,
    error: Option<String>,
}

/// The attempts with their status: one statement for all, and another if some were not passed to a webhook yet.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    request: &vendor_request::Model,
    attempts: Vec<vendor_attempt::Model>,
) -> Result<Vec<Attempt>> {
    let mut sent = HashMap::<EventId, Vec<Sent>>::new();
    let given: Vec<_> = attempts.iter().filter_map(|attempt| attempt.event_id).collect();
    if !given.is_empty() {
        let sql = "select event_id, state, attempt, error from deliveries
          where event_id in (select id from {rows}) order by attempt";
        let statement = bulk::statement(db, sql, bulk::ID, &bulk::ids(given.iter().map(|id| id.0)), [])?;
        for row in Sent::find_by_statement(statement).all(db).await? {
            sent.entry(row.event_id).or_default().push(row);
        }
    }
    let waiting =
        if given.len() < attempts.len() { waiting(db, request).await? } else { DeliveryStatus::pending() };
    let shown = |record: vendor_attempt::Model| Attempt {
        delivery_status: match record.event_id {
            Some(event) => delivered(&record, sent.get(&event).map_or(&[], Vec::as_slice)),
            None => waiting.clone(),
        },
        record,
    };
    Ok(attempts.into_iter().map(shown).collect())
}

/// The status of attempts that were not passed to a webhook. If there is an active one, their jobs are about to do it.
async fn waiting(db: &impl ConnectionTrait, request: &vendor_request::Model) -> Result<DeliveryStatus> {
    if request.state != RequestState::Open {
        return Ok(DeliveryStatus { status: Status::Failed, detail: Some(NOT_DELIVERED.into()) });
    }
    let webhook = endpoint::Entity::latest_of_provisioner(request.provisioner_id).one(db).await?;
    let is_active = webhook.is_some_and(|webhook| webhook.status == EndpointStatus::Active);
    let detail = (!is_active).then(|| NO_WEBHOOK.to_owned());
    Ok(DeliveryStatus { status: Status::Pending, detail })
}

/// The final status. A failed one may be sent again: then its deliveries have the status.
fn delivered(record: &vendor_attempt::Model, sent: &[Sent]) -> DeliveryStatus {
    let is_sent_again = sent.last().is_some_and(|last| last.state == DeliveryState::Pending);
    match record.delivery_state {
        Some(DeliveryState::Success) => DeliveryStatus { status: Status::Delivered, detail: None },
        Some(DeliveryState::Failed) if !is_sent_again => {
            DeliveryStatus { status: Status::Failed, detail: record.delivery_error.clone() }
        }
        _ => by_deliveries(sent),
    }
}

/// The status from its deliveries, in order of creation: the last one decides.
fn by_deliveries(sent: &[Sent]) -> DeliveryStatus {
    let Some(last) = sent.last() else {
        return DeliveryStatus { status: Status::Unknown, detail: Some(SWEPT.into()) };
    };
    let status = match last.state {
        DeliveryState::Pending if last.attempt == 1 => Status::Pending,
        DeliveryState::Pending | DeliveryState::Retrying => Status::Retrying,
        DeliveryState::Success => return DeliveryStatus { status: Status::Delivered, detail: None },
        DeliveryState::Failed => Status::Failed,
    };
    DeliveryStatus { status, detail: sent.iter().rev().find_map(|one| one.error.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryState::{Failed, Pending, Retrying, Success};
    use chrono::DateTime;
    use entities::ids::{OrganizationId, VendorAttemptId, VendorDetailId, VendorRequestId};

    #[test]
    fn the_last_delivery_says_how_it_stands_and_the_last_error_why() {
        let event_id = EventId::new();
        let sent = |states: &[(DeliveryState, Option<&str>)]| {
            let rows = states.iter().zip(1..).map(|((state, error), attempt)| Sent {
                event_id,
                state: *state,
                attempt,
                error: error.map(str::to_owned),
            });
            let DeliveryStatus { status, detail } = by_deliveries(&rows.collect::<Vec<_>>());
            (status, detail)
        };
        assert_eq!(sent(&[(Pending, None)]), (Status::Pending, None));
        assert_eq!(sent(&[(Retrying, Some("500")), (Pending, None)]), (Status::Retrying, Some("500".into())));
        assert_eq!(sent(&[(Retrying, Some("500")), (Success, None)]), (Status::Delivered, None));
        assert_eq!(
            sent(&[(Retrying, Some("500")), (Failed, Some("410"))]),
            (Status::Failed, Some("410".into()))
        );
        assert_eq!(sent(&[]).0, Status::Unknown);
    }

    #[test]
    fn an_ended_attempt_is_as_it_ended_unless_it_is_sent_again() {
        let event_id = EventId::new();
        let sent = |state| [Sent { event_id, state, attempt: 2, error: None }];
        let status = |kept, sent: &[Sent]| {
            let record = vendor_attempt::Model {
                id: VendorAttemptId::new(),
                organization_id: OrganizationId::new(),
                request_id: VendorRequestId::new(),
                number: 1,
                detail_id: VendorDetailId::new(),
                endpoint_id: None,
                event_id: Some(event_id),
                delivery_state: kept,
                delivery_error: Some("500".into()),
                created_at: DateTime::UNIX_EPOCH,
            };
            delivered(&record, sent).status
        };
        for log in [&[][..], &sent(Pending)[..], &sent(Failed)[..], &sent(Success)[..]] {
            assert_eq!(status(Some(Success), log), Status::Delivered);
        }
        for (log, expected) in [(&[][..], Status::Failed), (&sent(Pending)[..], Status::Retrying)] {
            assert_eq!(status(Some(Failed), log), expected);
        }
        assert_eq!(status(None, &sent(Success)), Status::Delivered);
        assert_eq!(status(None, &[]), Status::Unknown);
    }
}
