//! Vendors that do not answer in time.

use super::fixtures::{Vendor, done};
use crate::{
    app::{Pairing, TestApp, both},
    provisioning::{Ground, Subscribed},
};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use entities::{
    job::JobState,
    subscription::SubscriptionStatus,
    vendor_request::{RequestState, RequestType},
};
use serde_json::json;

both!(
    a_vendor_who_does_not_answer_in_time_has_failed,
    a_vendor_who_never_answers_keeps_what_was_given,
    an_upgrade_that_is_never_answered_is_taken_back,
    a_disconnect_that_is_never_answered_is_taken_back,
    nothing_is_asked_again_before_the_deadline,
);

const NO_ANSWER: &str = "the vendor did not answer within 72 h";

async fn days_pass(app: &TestApp) -> Result<()> {
    app.at_rest().await?;
    app.clock.advance(TimeDelta::hours(73));
    Ok(())
}

async fn a_vendor_who_does_not_answer_in_time_has_failed(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.ordered("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
    let order = vendor.waits(of, RequestType::NetNew).await?;
    days_pass(&app).await?;
    // It may have been done all the same.
    let removal = vendor.waits(of, RequestType::Deprovision).await?;
    let late = vendor.order(&order).await?;
    assert_eq!((late.state, late.reason.as_deref()), (RequestState::Failed, Some(NO_ANSWER)));
    vendor.is_refused(&order, done()).await?;
    assert_eq!(vendor.order(&order).await?, late, "it is too late");
    assert_eq!(vendor.waiting_job(&removal).await?.attempt, 1, "nobody was woken by it");
    vendor.answer(&removal, done()).await?;
    let request = ground.ended(&path).await?;
    assert_eq!(
        (&request["status"], &request["notes"]),
        (&json!("FAILED"), &json!(format!("Failed: {NO_ANSWER}")))
    );
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (0, 0));
    assert_eq!(ground.subscription(of).await?.status, SubscriptionStatus::Pending);
    app.drain().await
}

async fn a_vendor_who_never_answers_keeps_what_was_given(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.ordered("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
    vendor.waits(of, RequestType::NetNew).await?;
    days_pass(&app).await?;
    vendor.waits(of, RequestType::Deprovision).await?;
    days_pass(&app).await?;
    let request = ground.ended(&path).await?;
    let notes = format!("Failed: {NO_ANSWER}; it could not be undone: {NO_ANSWER}");
    assert_eq!((&request["status"], &request["notes"]), (&json!("FAILED"), &json!(notes)));
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (2, 1), "they may be in use");
    // Another request takes over what the first has kept.
    let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
    vendor.does(of, RequestType::NetNew).await?;
    assert_eq!(ground.ended(&path).await?["status"], "COMPLETED");
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (2, 1));
    app.drain().await
}

async fn an_upgrade_that_is_never_answered_is_taken_back(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    let path = upgraded(&ground, of).await?;
    let up = vendor.waits(of, RequestType::ChangeProduct).await?;
    days_pass(&app).await?;
    vendor.given_up(&up).await?;
    let back = vendor.waits(of, RequestType::ChangeProduct).await?;
    assert_eq!(
        (back.body.product_id, back.body.old_product_id),
        (up.body.old_product_id, up.body.product_id),
        "the other way round"
    );
    vendor.fails(&back, "it never was anything else").await?;
    let request = ground.ended(&path).await?;
    assert_eq!(request["status"], "FAILED", "{request}");
    assert!(request["notes"].as_str().unwrap().contains("it never was anything else"), "{request}");
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (2, 1));
    // The service is to be as it was: that is asked for once more.
    vendor.does(of, RequestType::ChangeProduct).await?;
    app.drain().await
}

async fn a_disconnect_that_is_never_answered_is_taken_back(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    let first = vendor.orders(of).await?.pop().context("the installation")?;
    let path = ground.open(of, "DISCONNECT", json!({})).await?;
    vendor.waits(of, RequestType::Deprovision).await?;
    days_pass(&app).await?;
    // It may have been removed: an update without differences would not bring it back.
    let back = vendor.waits(of, RequestType::NetNew).await?;
    assert_eq!(vendor.details(&back).await?, vendor.details(&first).await?);
    vendor.answer(&back, done()).await?;
    let request = ground.ended(&path).await?;
    assert_eq!(
        (&request["status"], &request["notes"]),
        (&json!("FAILED"), &json!(format!("Failed: {NO_ANSWER}")))
    );
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (2, 1));
    assert_eq!(ground.subscription(of).await?.status, SubscriptionStatus::Active);
    app.drain().await
}

async fn upgraded(ground: &Ground, of: Subscribed) -> Result<String> {
    let path = format!("/api/v1/subscriptions/{}/upgrade", of.id);
    let changed = ground.caller.post(&path, &json!({ "newTier": "RESIDENTIAL_1G" })).await?;
    assert_eq!(changed.status, 200, "{changed:?}");
    let all = ground.caller.get(&format!("/api/v1/provisioning?customerId={}", of.customer)).await?.json();
    let last = all["data"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    Ok(format!("/api/v1/provisioning/{last}"))
}

/// The reconciler goes round, the clock goes on, and the job is left alone.
async fn nothing_is_asked_again_before_the_deadline(pairing: Pairing) -> Result<()> {
    let (mut app, mut ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.ordered("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
    let order = vendor.waits(of, RequestType::NetNew).await?;
    app.at_rest().await?;
    app.clock.advance(TimeDelta::hours(71));
    // Other workers find it as it is.
    app.stop_workers().await?;
    ground.caller = app.serve().await?;
    app.work();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let job = vendor.waiting_job(&order).await?;
    assert_eq!((job.state, job.attempt, job.run_at), (JobState::Queued, 1, order.deadline_at));
    vendor.answer(&order, done()).await?;
    assert_eq!(ground.ended(&path).await?["status"], "COMPLETED");
    app.drain().await
}
