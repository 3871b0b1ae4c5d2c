//! Changes of an installed service: upgrade, downgrade, disconnect.

use super::{
    Ground,
    fixtures::{PLENTY, Supplies},
};
use crate::app::{Pairing, TestApp, both};
use anyhow::{Context, Result};
use entities::{plan::standard, subscription::SubscriptionStatus};
use invoice_pdf::PdfRenderer;
use kernel::Kernel;
use platform::config::Settings;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

both!(
    an_upgrade_reaches_the_network,
    an_upgrade_that_fails_leaves_what_was_there,
    a_disconnect_gives_everything_back,
    a_disconnect_that_the_network_does_not_do_gives_nothing_back,
    a_subscription_that_is_cancelled_meanwhile_is_not_begun,
);

/// Has other workers, on a network that behaves otherwise, and another front end.
pub(super) async fn on_another_network(
    app: &mut TestApp,
    ground: &mut Ground,
    change: impl FnOnce(&mut Settings),
) -> Result<(CancellationToken, tokio::task::JoinHandle<()>)> {
    app.stop_workers().await?;
    ground.caller = app.serve().await?;
    let mut settings = Settings::clone(&app.kernel.settings);
    change(&mut settings);
    let (kernel, stop) =
        (Kernel { settings: Arc::new(settings), ..app.kernel.clone() }, CancellationToken::new());
    let renderer = Arc::new(PdfRenderer::new(&kernel.settings)?);
    let running = tokio::spawn(worker::run(kernel, renderer, worker::KINDS.to_vec(), stop.clone()));
    Ok((stop, running))
}

async fn an_upgrade_reaches_the_network(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let of = ground.subscribed("john@example.com").await?;
    ground.completed(of, "NEW_INSTALL").await?;
    for (plan, kind, speed) in
        [(standard::RESIDENTIAL_1G, "UPGRADE", 1000), (standard::RESIDENTIAL_100, "DOWNGRADE", 100)]
    {
        ground.set_plan(of, plan).await?;
        let request = ground.completed(of, kind).await?;
        let network = ground.network(of).await?.context("it is there")?;
        assert_eq!((network.download_mbps, network.ipv4.as_deref()), (speed, Some("192.0.2.2")));
        let steps = ground.steps(&request).await?;
        assert!(steps.len() == 2 && steps.iter().all(|(_, state)| state == "done"), "{steps:?}");
    }
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (2, 1));
    app.drain().await
}

async fn an_upgrade_that_fails_leaves_what_was_there(pairing: Pairing) -> Result<()> {
    let (mut app, mut ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let of = ground.subscribed("john@example.com").await?;
    ground.completed(of, "NEW_INSTALL").await?;
    let (stop, running) =
        on_another_network(&mut app, &mut ground, |settings| settings.provisioners.simulator.lies = true)
            .await?;
    ground.set_plan(of, standard::RESIDENTIAL_1G).await?;
    let request = ground.done(of, "UPGRADE").await?;
    assert_eq!(request["status"], "FAILED", "{request}");
    let network = ground.network(of).await?.context("it is there")?;
    assert_eq!(network.download_mbps, 500);
    assert_eq!(ground.subscription(of).await?.status, SubscriptionStatus::Active);
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (2, 1));
    stop.cancel();
    running.await?;
    // The first job that finds the network working applies the subscription's state.
    app.work();
    app.drain().await
}

async fn a_disconnect_gives_everything_back(pairing: Pairing) -> Result<()> {
    let supplies = Supplies { pools: &["198.51.100.8/32"], onts: 1 };
    let (app, ground) = Ground::app(pairing, supplies, |_| {}).await?;
    let one = ground.subscribed("a@example.com").await?;
    ground.completed(one, "NEW_INSTALL").await?;
    ground.completed(one, "DISCONNECT").await?;
    assert!(ground.ips(one).await?.is_empty());
    assert!(ground.network(one).await?.is_none());
    assert_eq!(ground.subscription(one).await?.status, SubscriptionStatus::Cancelled);
    let two = ground.subscribed("b@example.com").await?;
    let request = ground.completed(two, "NEW_INSTALL").await?;
    assert_eq!(request["ipAllocation"]["ipv4"], "198.51.100.8", "the only one there is");
    app.drain().await
}

async fn a_disconnect_that_the_network_does_not_do_gives_nothing_back(pairing: Pairing) -> Result<()> {
    let (mut app, mut ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let of = ground.subscribed("john@example.com").await?;
    ground.completed(of, "NEW_INSTALL").await?;
    let (stop, running) =
        on_another_network(&mut app, &mut ground, |settings| settings.provisioners.simulator.lies = true)
            .await?;
    let request = ground.done(of, "DISCONNECT").await?;
    assert_eq!(request["status"], "FAILED", "{request}");
    assert!(request["notes"].as_str().unwrap().contains("still has a service"), "{request}");
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (2, 1));
    assert_eq!(ground.subscription(of).await?.status, SubscriptionStatus::Active);
    stop.cancel();
    running.await?;
    app.work();
    app.drain().await
}

async fn a_subscription_that_is_cancelled_meanwhile_is_not_begun(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |settings| {
        settings.provisioners.simulator.delay = std::time::Duration::from_secs(2);
    })
    .await?;
    let of = ground.subscribed("john@example.com").await?;
    let path = ground.open(of, "NEW_INSTALL", serde_json::json!({})).await?;
    harness::until("it is under way", crate::app::PATIENCE, async || {
        let request = ground.caller.get(&path).await?.json()["data"].take();
        Ok((request["status"] == "IN_PROGRESS").then_some(()))
    })
    .await?;
    ground.set_status(of, SubscriptionStatus::Cancelled).await?;
    let request = ground.ended(&path).await?;
    assert_eq!(request["status"], "FAILED", "{request}");
    assert!(request["notes"].as_str().unwrap().contains("cancelled"), "{request}");
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (0, 0));
    assert!(ground.network(of).await?.is_none());
    app.drain().await
}
