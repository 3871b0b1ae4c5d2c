//! The vendor's ids of a subscription.

use super::Service;
use crate::{subscriptions, vendors};
use entities::{
    subscription::{self, ExternalIds},
    vendor_request,
};
use kernel::{UnitOfWork, events};
use platform::error::Result;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};

/// Stores the ids from the result that fulfilled the order, and records `subscription.identified`. Missing ids keep their
/// values. Idempotent.
pub(super) async fn store(work: &UnitOfWork, service: &Service, order: &vendor_request::Model) -> Result<()> {
    let transaction = work.transaction().await?;
    let Some(result) = vendors::result_of(&transaction, order).await? else { return Ok(()) };
    let found = subscriptions::find(&transaction, service.organization, service.subscription).await?;
    let before = found.external_ids.unwrap_or_default();
    let named = before.clone();
    let after = ExternalIds {
        subscription: result.external_subscription_id.or(named.subscription),
        partner: result.external_partner_id.or(named.partner),
        company: result.external_company_id.or(named.company),
        enrollment: result.external_enrollment_id.or(named.enrollment),
    };
    if after == before {
        return Ok(());
    }
    let row = subscription::ActiveModel {
        id: Set(service.subscription),
        external_ids: Set(Some(after.clone())),
        ..Default::default()
    };
    row.update(&transaction).await?;
    let object = ("subscription", service.subscription.0);
    let event =
        events::change(&work.actor, "subscription.identified", object, (&before, &after), work.now())?;
    work.record([event]);
    Ok(())
}
