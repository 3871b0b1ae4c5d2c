//! Jobs that wait for an order, cancelled and retried by an operator.

use super::fixtures::{Vendor, done};
use crate::{
    app::{Pairing, TestApp, both},
    provisioning::{Ground, PLENTY},
};
use anyhow::Result;
use entities::{
    job::{self, JobState},
    vendor_request::{RequestState::*, RequestType::*},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::json;
use std::time::Duration;

both!(
    a_cancelled_job_that_is_retried_orders_anew,
    a_retry_does_not_open_an_order_again,
    what_is_being_undone_or_has_ended_is_not_retried,
    a_suspension_that_has_failed_is_ordered_anew,
);

/// The sweeper does not come meanwhile.
async fn unswept(pairing: Pairing) -> Result<(TestApp, Ground, Vendor)> {
    let hours =
        |settings: &mut platform::config::Settings| settings.retention.interval = Duration::from_hours(1);
    let (app, ground) = Ground::app(pairing, PLENTY, hours).await?;
    let vendor = Vendor::of(&ground).await?;
    Ok((app, ground, vendor))
}

async fn a_cancelled_job_that_is_retried_orders_anew(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = unswept(pairing).await?;
    let of = ground.ordered("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
    let first = vendor.waits(of, NetNew).await?;
    let job = vendor.waiting_job(&first).await?.id;
    for _ in 0..2 {
        let order = vendor.waits(of, NetNew).await?;
        app.cancel(job).await?;
        let decided = vendor.order(&order).await?;
        assert_eq!((decided.state, decided.reason.as_deref()), (Failed, Some("it was cancelled")), "at once");
        vendor.is_refused(&order, done()).await?;
        app.retry_manually(job).await?;
    }
    let second = vendor.waits(of, NetNew).await?;
    vendor.is_refused(&first, done()).await?;
    vendor.answer(&second, done()).await?;
    assert_eq!(ground.ended(&path).await?["status"], "COMPLETED");
    assert_eq!(vendor.told(of).await?, [(NetNew, Failed), (NetNew, Failed), (NetNew, Succeeded)]);
    app.drain().await
}

/// Whatever has ended its job: here a worker that was lost.
async fn a_retry_does_not_open_an_order_again(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = unswept(pairing).await?;
    let of = ground.ordered("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
    let order = vendor.waits(of, NetNew).await?;
    let id = vendor.waiting_job(&order).await?.id;
    let (state, finished_at) = (Set(JobState::Quarantined), Set(Some(app.clock.now())));
    let row = job::ActiveModel { id: Set(id), state, finished_at, ..Default::default() };
    row.update(app.kernel.db.writer()).await?;
    vendor.is_refused(&order, done()).await?;
    app.retry_manually(id).await?;
    let decided = vendor.order(&order).await?;
    assert_eq!((decided.state, decided.reason.as_deref()), (Failed, Some("it was cancelled")));
    vendor.is_refused(&order, done()).await?;
    vendor.does(of, NetNew).await?;
    assert_eq!(ground.ended(&path).await?["status"], "COMPLETED");
    app.drain().await
}

async fn what_is_being_undone_or_has_ended_is_not_retried(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.ordered("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
    let order = vendor.waits(of, NetNew).await?;
    let job = vendor.waiting_job(&order).await?.id;
    app.cancel(job).await?;
    let removal = vendor.waits(of, Deprovision).await?;
    let undo = vendor.waiting_job(&removal).await?.id;
    let why = app.retry_manually(job).await.unwrap_err().to_string();
    assert!(why.contains(&format!("is being undone by {undo}; wait until it has failed")), "{why}");
    vendor.answer(&removal, done()).await?;
    assert_eq!(ground.ended(&path).await?["status"], "FAILED");
    let why = app.retry_manually(job).await.unwrap_err().to_string();
    assert!(why.ends_with("is FAILED; open another one"), "{why}");
    assert_eq!(app.job(job).await?.state, JobState::Cancelled);
    assert_eq!(vendor.told(of).await?, [(NetNew, Failed), (Deprovision, Succeeded)]);
    app.drain().await
}

async fn a_suspension_that_has_failed_is_ordered_anew(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = unswept(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    let path = format!("/api/v1/subscriptions/{}/suspend", of.id);
    assert_eq!(ground.caller.post(&path, &json!({})).await?.status, 200);
    let order = vendor.waits(of, Update).await?;
    let job = vendor.waiting_job(&order).await?.id;
    vendor.fails(&order, "not on a Sunday").await?;
    assert_eq!(app.ended(job).await?.state, JobState::Failed);
    app.retry_manually(job).await?;
    let second = vendor.waits(of, Update).await?;
    app.cancel(job).await?;
    assert_eq!(vendor.order(&second).await?.state, Failed);
    app.retry_manually(job).await?;
    vendor.does(of, Update).await?;
    assert_eq!(app.ended(job).await?.state, JobState::Succeeded);
    let told = [(NetNew, Succeeded), (Update, Failed), (Update, Failed), (Update, Succeeded)];
    assert_eq!(vendor.told(of).await?, told);
    app.drain().await
}
