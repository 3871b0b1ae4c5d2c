//! What is left of a request that has failed, or is not wanted any more: the plan that is in force, and the way to ask
//! again.

use super::{
    Ground, Subscribed,
    changed::on_another_network,
    fixtures::PLENTY,
    vendor::{Vendor, done},
};
use crate::app::{Pairing, both};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use entities::vendor_request::RequestType::*;
use isp::explain::explain;
use isp::provisioning;
use reqwest::StatusCode;
use serde_json::{Value, json};

both!(
    the_plan_in_force_is_shown_after_a_change_has_failed_and_it_can_be_asked_for_again,
    a_plan_that_was_ordered_after_the_one_that_failed_is_asked_for,
    the_plan_before_is_not_sold_twice_while_a_change_is_under_way,
    an_installation_withdraws_a_disconnect_that_is_scheduled,
    the_undo_and_its_order_are_found_by_the_request,
);

impl Ground {
    async fn upgrade(&self, of: Subscribed, tier: &str) -> Result<()> {
        let path = format!("/api/v1/subscriptions/{}/upgrade", of.id);
        let answer = self.caller.post(&path, &json!({ "newTier": tier })).await?;
        assert_eq!(answer.status, 200, "{answer:?}");
        Ok(())
    }

    async fn shown(&self, of: Subscribed) -> Result<(Value, Value)> {
        let found = self.caller.get(&format!("/api/v1/subscriptions/{}", of.id)).await?.json();
        Ok((found["data"]["serviceTier"].clone(), found["data"]["monthlyPrice"].clone()))
    }

    /// Where the last request of the customer is.
    async fn last(&self, of: Subscribed) -> Result<String> {
        let all = self.caller.get(&format!("/api/v1/provisioning?customerId={}", of.customer)).await?.json();
        let last = all["data"].as_array().and_then(|all| all.last()).context("a request")?;
        Ok(format!("/api/v1/provisioning/{}", last["id"].as_str().context("an id")?))
    }
}

async fn the_plan_in_force_is_shown_after_a_change_has_failed_and_it_can_be_asked_for_again(
    pairing: Pairing,
) -> Result<()> {
    let (mut app, mut ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let of = ground.subscribed("john@example.com").await?;
    ground.completed(of, "NEW_INSTALL").await?;
    let before = (json!("RESIDENTIAL_500"), json!(79.99));
    assert_eq!(ground.shown(of).await?, before);
    let (stop, running) =
        on_another_network(&mut app, &mut ground, |settings| settings.provisioners.simulator.lies = true)
            .await?;
    for _ in 0..2 {
        ground.upgrade(of, "RESIDENTIAL_1G").await?;
        assert_eq!(ground.ended(&ground.last(of).await?).await?["status"], "FAILED");
        assert_eq!(ground.shown(of).await?, before);
    }
    assert_eq!(app.events_of("subscription.change_failed").await?.len(), 2);
    stop.cancel();
    running.await?;
    app.work();
    ground.upgrade(of, "RESIDENTIAL_1G").await?;
    assert_eq!(ground.ended(&ground.last(of).await?).await?["status"], "COMPLETED");
    assert_eq!(ground.shown(of).await?, (json!("RESIDENTIAL_1G"), json!(99.99)));
    assert_eq!(ground.network(of).await?.context("it is there")?.download_mbps, 1000);
    app.drain().await
}

async fn a_plan_that_was_ordered_after_the_one_that_failed_is_asked_for(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    ground.upgrade(of, "RESIDENTIAL_1G").await?;
    let order = vendor.waits(of, ChangeProduct).await?;
    let first = ground.last(of).await?;
    let path = format!("/api/v1/subscriptions/{}/downgrade", of.id);
    let answer = ground.caller.post(&path, &json!({ "newTier": "RESIDENTIAL_100" })).await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    vendor.fails(&order, "too fast for that cable").await?;
    assert_eq!(ground.ended(&first).await?["status"], "FAILED");
    vendor.does(of, ChangeProduct).await?;
    let second = ground.ended(&ground.last(of).await?).await?;
    assert_eq!((&second["status"], &second["requestType"]), (&json!("COMPLETED"), &json!("DOWNGRADE")));
    assert_eq!(ground.shown(of).await?.0, "RESIDENTIAL_100");
    app.drain().await
}

async fn the_plan_before_is_not_sold_twice_while_a_change_is_under_way(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    ground.upgrade(of, "RESIDENTIAL_1G").await?;
    let order = vendor.waits(of, ChangeProduct).await?;
    let another = json!({ "customerId": of.customer.to_string(), "serviceTier": "RESIDENTIAL_500" });
    let answer = ground.caller.post("/api/v1/subscriptions", &another).await?;
    answer.refused(StatusCode::CONFLICT, "CONFLICT");
    vendor.answer(&order, done()).await?;
    assert_eq!(ground.ended(&ground.last(of).await?).await?["status"], "COMPLETED");
    assert_eq!(ground.caller.post("/api/v1/subscriptions", &another).await?.status, 201);
    app.drain().await
}

async fn an_installation_withdraws_a_disconnect_that_is_scheduled(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |settings| settings.invoices.enabled = false).await?;
    let of = ground.subscribed("john@example.com").await?;
    let later = json!({ "scheduledDate": (app.clock.now() + TimeDelta::days(5)).to_rfc3339() });
    let disconnect = ground.open(of, "DISCONNECT", later.clone()).await?;
    // One that is planned itself does not.
    let planned = ground.caller.post("/api/v1/provisioning", &of.asking("NEW_INSTALL", &later)).await?;
    planned.refused(StatusCode::CONFLICT, "CONFLICT");
    ground.completed(of, "NEW_INSTALL").await?;
    assert_eq!(ground.ended(&disconnect).await?["status"], "CANCELLED");
    assert!(ground.network(of).await?.is_some());
    app.drain().await
}

async fn the_undo_and_its_order_are_found_by_the_request(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let of = ground.ordered("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
    let order = vendor.waits(of, NetNew).await?;
    // The vendor may have begun: what he never answered is taken back.
    app.cancel(order.waiting_job.context("a job")?).await?;
    provisioning::find_orphans(&ground.kernel).await?;
    let undo = vendor.waits(of, Deprovision).await?;
    let id = path.rsplit('/').next().context("an id")?;
    let found = explain(&ground.kernel, id).await?;
    let request = found.provisioning.context("the request")?;
    assert_eq!(request.job.context("its undo")?.kind, "provisioning_undo");
    let orders: Vec<_> = request.orders.first.iter().map(|order| order.id).collect();
    assert_eq!(orders, [undo.id, order.id]);
    let kinds: Vec<_> =
        found.requests.iter().flat_map(|it| &it.jobs.first).map(|job| job.kind.as_str()).collect();
    assert!(kinds.contains(&"provisioning") && kinds.contains(&"provisioning_undo"), "{kinds:?}");
    vendor.does(of, Deprovision).await?;
    assert_eq!(ground.ended(&path).await?["status"], "FAILED");
    app.drain().await
}
