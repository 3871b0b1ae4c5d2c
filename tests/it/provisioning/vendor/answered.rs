//! Answers of vendors.

use super::fixtures::{Vendor, done, refused};
use crate::app::{PATIENCE, Pairing, both};
use anyhow::{Context, Result};
use entities::{
    job::JobState,
    subscription::{ExternalIds, SubscriptionStatus},
    vendor_detail,
    vendor_request::{RequestState, RequestType},
};
use futures::future::try_join_all;
use harness::until;
use isp::vendors::results::NewResult;
use serde_json::json;
use webhooks::wire;

both!(
    an_installation_waits_for_the_vendor,
    a_failure_leaves_the_request_in_progress,
    what_the_vendor_has_not_done_by_the_deadline_has_failed,
    a_refusal_is_not_the_answer_to_what_is_asked_later,
    answers_that_come_at_once_are_not_lost,
    a_request_whose_job_is_cancelled_is_taken_back_at_the_vendors,
);

async fn an_installation_waits_for_the_vendor(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.ordered("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
    let order = vendor.waits(of, RequestType::NetNew).await?;
    let job = vendor.waiting_job(&order).await?;
    assert_eq!((job.attempt, job.lease_until, job.failures, job.last_error), (1, None, 0, None));
    let request = ground.caller.get(&path).await?.json()["data"].take();
    assert_eq!(request["status"], "IN_PROGRESS");

    let plan = ground.subscription(of).await?;
    assert_eq!(plan.vendor_provisioner_id, Some(vendor.provisioner));
    assert_eq!((order.partner_id, order.quantity), (Some(ground.organization.0), Some(1)));
    assert_eq!((order.subscription_id, order.provisioner_id), (Some(of.id), vendor.provisioner));
    assert_eq!(
        (order.body.company_id, order.body.partner_name.as_deref()),
        (Some(of.customer.0), Some("acme"))
    );
    assert_eq!(order.body.company_name.as_deref(), Some("John Doe"));
    assert!(order.body.product_id.is_some() && order.body.old_product_id.is_none(), "{order:?}");
    let details =
        vendor_detail::Entity::of(order.id).one(app.kernel.db.reader()).await?.context("details")?;
    let service = &wire::vendor::details(&details.details)?.read::<serde_json::Value>()?["service"];
    assert_eq!(
        (&service["ipv4"], &service["downloadMbps"], &service["suspended"]),
        (&json!("192.0.2.2"), &json!(500), &json!(false)),
        "{service}"
    );

    let named = NewResult {
        external_subscription_id: Some("sub-1".into()),
        external_company_id: Some("john".into()),
        ..done()
    };
    vendor.answer(&order, named).await?;
    let request = ground.ended(&path).await?;
    assert_eq!(
        (&request["status"], &request["ipAllocation"]["ipv4"]),
        (&json!("COMPLETED"), &json!("192.0.2.2"))
    );
    let subscription = ground.subscription(of).await?;
    assert_eq!(subscription.status, SubscriptionStatus::Active);
    let ids = ExternalIds {
        subscription: Some("sub-1".into()),
        company: Some("john".into()),
        ..Default::default()
    };
    assert_eq!(subscription.external_ids, Some(ids));
    assert_eq!(app.events_of("subscription.identified").await?.len(), 1);
    assert_eq!(vendor.waiting_job(&order).await?.attempt, 2, "once to order, once when it was answered");
    app.drain().await
}

/// The partner sees what was wrong, until it is mended.
async fn a_failure_leaves_the_request_in_progress(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.ordered("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", json!({ "notes": "Ring twice" })).await?;
    let order = vendor.waits(of, RequestType::NetNew).await?;
    for why in ["there is no cable in that street", "the cable is too short"] {
        vendor.answer(&order, refused(why)).await?;
        let expected = format!("Ring twice\nLast failure: {why}");
        let request = ground.when(&path, |request| request["notes"] == *expected).await?;
        assert_eq!(request["status"], "IN_PROGRESS", "{request}");
    }
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (2, 1));
    vendor.waits(of, RequestType::NetNew).await?;
    vendor.answer(&order, done()).await?;
    let request = ground.ended(&path).await?;
    assert_eq!((&request["status"], &request["notes"]), (&json!("COMPLETED"), &json!("Ring twice")));
    assert_eq!(ground.subscription(of).await?.status, SubscriptionStatus::Active);
    app.drain().await
}

async fn what_the_vendor_has_not_done_by_the_deadline_has_failed(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.ordered("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", json!({ "notes": "Ring twice" })).await?;
    let order = vendor.waits(of, RequestType::NetNew).await?;
    vendor.fails(&order, "there is no cable in that street").await?;
    let request = ground.ended(&path).await?;
    assert_eq!(request["status"], "FAILED", "{request}");
    let why = "the vendor did not fulfil it within 72 h: there is no cable in that street";
    assert_eq!(request["notes"], format!("Ring twice\nFailed: {why}"));
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (0, 0));
    // The vendor's last word is that it was not done, so it does not have to be taken back.
    assert_eq!(vendor.told(of).await?, [(RequestType::NetNew, RequestState::Failed)]);
    // A second thought changes nothing, and the vendor is told so.
    vendor.is_refused(&order, done()).await?;
    assert_eq!(vendor.order(&order).await?.state, RequestState::Failed);
    app.drain().await
}

async fn a_refusal_is_not_the_answer_to_what_is_asked_later(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.ordered("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
    let order = vendor.waits(of, RequestType::NetNew).await?;
    vendor.fails(&order, "not today").await?;
    assert_eq!(ground.ended(&path).await?["status"], "FAILED");

    let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
    vendor.does(of, RequestType::NetNew).await?;
    assert_eq!(ground.ended(&path).await?["status"], "COMPLETED");
    let told = [RequestState::Failed, RequestState::Succeeded].map(|state| (RequestType::NetNew, state));
    assert_eq!(vendor.told(of).await?, told);
    app.drain().await
}

/// The vendor answers as soon as there is an order, whether its job waits by then or is just about to.
async fn answers_that_come_at_once_are_not_lost(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let emails = (0..8).map(|number| format!("c{number}@example.com"));
    let all = try_join_all(emails.map(async |email| {
        let of = ground.ordered(&email).await?;
        let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
        let order = until("it is ordered", PATIENCE, async || Ok(vendor.orders(of).await?.pop())).await?;
        vendor.answer(&order, done()).await?;
        anyhow::Ok(path)
    }))
    .await?;
    for path in all {
        assert_eq!(ground.ended(&path).await?["status"], "COMPLETED");
    }
    app.drain().await
}

async fn a_request_whose_job_is_cancelled_is_taken_back_at_the_vendors(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.ordered("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
    let order = vendor.waits(of, RequestType::NetNew).await?;
    let job = vendor.waiting_job(&order).await?;
    app.cancel(job.id).await?;
    assert_eq!(app.job(job.id).await?.state, JobState::Cancelled, "at once: nothing runs");
    // Nobody knows what the vendor has done of it.
    let removal = vendor.waits(of, RequestType::Deprovision).await?;
    assert_eq!(vendor.order(&order).await?.state, RequestState::Failed);
    assert_eq!(ground.addresses_taken().await?, 2, "the vendor may be using them");
    vendor.answer(&removal, done()).await?;
    let request = ground.ended(&path).await?;
    assert_eq!((&request["status"], &request["notes"]), (&json!("FAILED"), &json!("Failed: cancelled")));
    assert_eq!(ground.addresses_taken().await?, 0);
    app.drain().await
}
