//! Changes of a subscription while a vendor has not answered yet.

use super::{change, ended, followed, latest, service, upgrade};
use crate::{
    app::{Pairing, both},
    provisioning::{
        Ground, Subscribed,
        vendor::fixtures::{Vendor, done},
    },
};
use anyhow::Result;
use entities::{
    plan::standard,
    subscription::SubscriptionStatus,
    vendor_request::{RequestState::*, RequestType::*},
};
use isp::subscriptions;
use serde_json::json;

both!(
    a_suspension_during_an_upgrade_is_ordered_after_it,
    a_suspension_during_an_installation_is_ordered_after_it,
    a_resumption_gives_up_the_suspension_that_followed_an_upgrade,
    a_suspension_that_was_over_before_the_upgrade_is_not_ordered,
    another_tier_meanwhile_is_another_request,
);

/// A suspension is a change of its own: what the vendor has done of the request stays done, whatever comes of it.
async fn a_suspension_during_an_upgrade_is_ordered_after_it(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    upgrade(&ground, of).await?;
    let order = vendor.waits(of, ChangeProduct).await?;
    change(&ground, of, "suspend", json!({})).await?;
    let jobs = followed(&ground).await?;
    assert!(jobs.iter().all(|job| job.attempt == 1), "none polls: {jobs:?}");
    vendor.answer(&order, done()).await?;
    assert_eq!(ended(&ground, of).await?["status"], "COMPLETED");
    suspension_fails(&ground, &vendor, of).await?;
    assert_eq!(ended(&ground, of).await?["status"], "COMPLETED");
    assert_eq!(ground.code(service(&ground, of).await?.plan_id).await?, "RESIDENTIAL_1G");
    let told = [(NetNew, Succeeded), (ChangeProduct, Succeeded), (Update, Failed)];
    assert_eq!(vendor.told(of).await?, told, "nothing is taken back");
    app.drain().await
}

async fn a_suspension_during_an_installation_is_ordered_after_it(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.ordered("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
    let order = vendor.waits(of, NetNew).await?;
    // As one that has begun by its start date may be.
    let work = ground.work();
    subscriptions::activate(&work, of.id, work.now()).await?;
    work.commit().await?;
    change(&ground, of, "suspend", json!({})).await?;
    vendor.answer(&order, done()).await?;
    assert_eq!(ground.ended(&path).await?["status"], "COMPLETED");
    suspension_fails(&ground, &vendor, of).await?;
    assert_eq!(ground.ended(&path).await?["status"], "COMPLETED");
    assert_eq!(ground.subscription(of).await?.status, SubscriptionStatus::Suspended);
    assert_eq!(vendor.told(of).await?, [(NetNew, Succeeded), (Update, Failed)], "nothing is taken back");
    app.drain().await
}

/// The suspension is ordered as any other is, and the vendor does not do it by its deadline.
async fn suspension_fails(ground: &Ground, vendor: &Vendor, of: Subscribed) -> Result<()> {
    let update = vendor.waits(of, Update).await?;
    assert_eq!((vendor.waiting_job(&update).await?.kind.as_str(), update.order_id), ("network_sync", None));
    let details = vendor.details(&update).await?;
    assert_eq!(details["suspend"], json!({ "before": false, "after": true }), "{details}");
    vendor.fails(&update, "not on a Sunday").await?;
    followed(ground).await?;
    assert!(!service(ground, of).await?.suspended);
    Ok(())
}

async fn a_resumption_gives_up_the_suspension_that_followed_an_upgrade(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    upgrade(&ground, of).await?;
    let order = vendor.waits(of, ChangeProduct).await?;
    change(&ground, of, "suspend", json!({})).await?;
    vendor.answer(&order, done()).await?;
    let suspension = vendor.waits(of, Update).await?;
    change(&ground, of, "resume", json!({})).await?;
    vendor.given_up(&suspension).await?;
    vendor.is_refused(&suspension, done()).await?;
    vendor.does(of, Update).await?;
    followed(&ground).await?;
    assert_eq!(ended(&ground, of).await?["status"], "COMPLETED");
    assert!(!service(&ground, of).await?.suspended);
    let told = [(NetNew, Succeeded), (ChangeProduct, Succeeded), (Update, Failed), (Update, Succeeded)];
    assert_eq!(vendor.told(of).await?, told);
    app.drain().await
}

/// What has come and gone while a request was open leaves nothing to do.
async fn a_suspension_that_was_over_before_the_upgrade_is_not_ordered(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    upgrade(&ground, of).await?;
    let order = vendor.waits(of, ChangeProduct).await?;
    for what in ["suspend", "resume"] {
        change(&ground, of, what, json!({})).await?;
    }
    vendor.answer(&order, done()).await?;
    assert_eq!(ended(&ground, of).await?["status"], "COMPLETED");
    followed(&ground).await?;
    assert_eq!(vendor.told(of).await?, [(NetNew, Succeeded), (ChangeProduct, Succeeded)]);
    app.drain().await
}

async fn another_tier_meanwhile_is_another_request(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    upgrade(&ground, of).await?;
    let (first, order) = (latest(&ground, of).await?, vendor.waits(of, ChangeProduct).await?);
    ground.set_plan(of, standard::RESIDENTIAL_100).await?;
    vendor.answer(&order, done()).await?;
    assert_eq!(ground.ended(&first).await?["status"], "COMPLETED");
    let second = vendor.waits(of, ChangeProduct).await?;
    assert_eq!(second.body.old_product_id, order.body.product_id);
    vendor.fails(&second, "too slow for that cable").await?;
    assert_eq!(ended(&ground, of).await?["status"], "FAILED");
    assert_eq!(ground.ended(&first).await?["status"], "COMPLETED");
    assert_eq!(ground.code(service(&ground, of).await?.plan_id).await?, "RESIDENTIAL_1G");
    app.drain().await
}
