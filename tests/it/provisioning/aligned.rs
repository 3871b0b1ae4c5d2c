//! The network follows suspensions and resumptions.

use super::{Ground, fixtures::PLENTY};
use crate::app::{PATIENCE, Pairing, both};
use anyhow::Result;
use entities::subscription::SubscriptionStatus;
use harness::until;
use isp::provisioning;

both!(the_network_follows_a_suspension, what_is_suspended_while_it_is_installed_is_cut_off);

async fn the_network_follows_a_suspension(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let of = ground.subscribed("john@example.com").await?;
    let work = ground.work();
    provisioning::enqueue_sync(&work, &ground.subscription(of).await?).await?;
    work.commit().await?;
    assert_eq!(app.jobs_of("network_sync").await?, 0, "there is nothing to follow yet");
    ground.completed(of, "NEW_INSTALL").await?;
    for (status, cut) in [(SubscriptionStatus::Suspended, true), (SubscriptionStatus::Active, false)] {
        ground.set_status(of, status).await?;
        let work = ground.work();
        provisioning::enqueue_sync(&work, &ground.subscription(of).await?).await?;
        work.commit().await?;
        let follows =
            async || Ok(ground.network(of).await?.filter(|network| network.suspended == cut).map(drop));
        until("the network follows", PATIENCE, follows).await?;
    }
    app.drain().await
}

async fn what_is_suspended_while_it_is_installed_is_cut_off(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |settings| {
        settings.provisioners.simulator.delay = std::time::Duration::from_secs(2);
    })
    .await?;
    let of = ground.subscribed("john@example.com").await?;
    let at_once = serde_json::json!({});
    let path = ground.open(of, "NEW_INSTALL", at_once).await?;
    until("it is under way", PATIENCE, async || {
        let request = ground.caller.get(&path).await?.json()["data"].take();
        Ok((request["status"] == "IN_PROGRESS").then_some(()))
    })
    .await?;
    // As one that has begun by its start date may be.
    let work = ground.work();
    isp::subscriptions::activate(&work, of.id, work.now()).await?;
    work.commit().await?;
    ground.set_status(of, SubscriptionStatus::Suspended).await?;
    assert_eq!(ground.ended(&path).await?["status"], "COMPLETED");
    let follows = async || Ok(ground.network(of).await?.filter(|network| network.suspended).map(drop));
    until("the network follows", PATIENCE, follows).await?;
    assert_eq!(ground.subscription(of).await?.status, SubscriptionStatus::Suspended);
    app.drain().await
}
