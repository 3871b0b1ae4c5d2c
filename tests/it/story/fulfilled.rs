//! The scenario with a vendor: on a healthy platform, and on one killed between any two steps.

use super::{Outside, PAUSE, Story};
use crate::{
    app::{PATIENCE, Pairing, SmtpServer, allow_loopback, both},
    provisioning::{Ground, PLENTY, Platform, Subscribed, Vendor},
};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use entities::{job::JobState, subscription::ExternalIds, vendor_request::RequestState};
use harness::{Process, until};
use isp::charges::Month;
use kernel::organizations;
use serde_json::json;
use std::time::Duration;

both!(a_vendor_fulfils_it, it_goes_on_after_a_kill_between_each_two_steps);

async fn a_vendor_fulfils_it(pairing: Pairing) -> Result<()> {
    let mail = SmtpServer::start(&[]).await?;
    let url = format!("smtp://{}", mail.address());
    let (app, ground) = Ground::app(pairing, PLENTY, |settings| {
        allow_loopback(settings);
        settings.webhooks.linger = Duration::from_millis(20);
        settings.mail.url = url;
    })
    .await?;
    let vendor = Vendor::of(&ground).await?;
    let outside = Outside::of(&ground, &vendor).await?;
    let story = Story::new(ground, mail).await?;
    story.is_served().await?;
    let of = story.ordered(None).await?;
    story.ground.open(of, "NEW_INSTALL", json!({})).await?;
    outside.does("NetNew").await?;
    let installed = story.completed(of, "NEW_INSTALL").await?;
    story.is_installed(of, &installed).await?;
    let named = ExternalIds { subscription: Some("cable-1".into()), ..ExternalIds::default() };
    assert_eq!(story.ground.subscription(of).await?.external_ids, Some(named));
    story.upgraded(of).await?;
    outside.does("ChangeProduct").await?;
    story.completed(of, "UPGRADE").await?;
    for (what, status, cut) in PAUSE {
        story.paused(of, what, status).await?;
        outside.does("Update").await?;
        story.follows(of, cut).await?;
    }
    let zone = organizations::zone(app.kernel.db.reader(), story.ground.organization).await?;
    let month = Month::of(app.clock.now(), &zone);
    app.at_rest().await?;
    app.clock.advance(month.span(&zone).to + TimeDelta::days(1) - app.clock.now());
    let invoice = story.invoiced(of, month).await?;
    story.paid(of, &invoice).await?;
    story.ground.open(of, "DISCONNECT", json!({})).await?;
    outside.does("Deprovision").await?;
    story.completed(of, "DISCONNECT").await?;
    story.is_over(of).await?;
    story.was_told().await?;
    app.drain().await
}

/// A platform with the process that runs now.
struct Mortal {
    platform: Platform,
    vendor: Vendor,
    outside: Outside,
    process: Option<Process>,
}

impl Mortal {
    /// Kills the process, front end and worker in one, and starts another.
    async fn dies(&mut self) -> Result<()> {
        if let Some(process) = self.process.take() {
            self.platform.kill(process).await?;
        }
        self.process = Some(self.platform.start("nowhere").await?);
        Ok(())
    }

    /// The vendor fulfils an order of that type, and the platform dies when it is made, when its job waits, when the
    /// vendor is told, and when the vendor has answered.
    async fn fulfilled(&mut self, of: Subscribed, kind: &str) -> Result<()> {
        let order = until("it is ordered", PATIENCE, async || {
            let orders = self.vendor.orders(of).await?;
            Ok(orders.into_iter().next_back().filter(|it| it.state == RequestState::Open))
        })
        .await?;
        self.dies().await?;
        until("its job waits", PATIENCE, async || {
            let job = self.vendor.waiting_job(&order).await?;
            Ok((job.state == JobState::Queued && job.run_at == order.deadline_at).then_some(()))
        })
        .await?;
        self.dies().await?;
        let notification = self.outside.notified(kind).await?;
        self.dies().await?;
        self.outside.answers(&notification).await?;
        self.dies().await
    }
}

async fn it_goes_on_after_a_kill_between_each_two_steps(pairing: Pairing) -> Result<()> {
    let mail = SmtpServer::start(&[]).await?;
    let url = format!("smtp://{}", mail.address());
    let more = [
        ("SWITCHYARD_MAIL_URL", url.as_str()),
        ("SWITCHYARD_OUTBOUND_ALLOW_HTTP", "true"),
        ("SWITCHYARD_OUTBOUND_ALLOWED_NETWORKS", "127.0.0.0/8"),
        ("SWITCHYARD_WEBHOOKS_SCHEDULE", "0ms,100ms,100ms,100ms,1s,1s,1s"),
    ];
    let platform = Platform::with(pairing, PLENTY, &more).await?;
    let process = platform.start("nowhere").await?;
    let vendor = Vendor::of(&platform.ground).await?;
    let outside = Outside::of(&platform.ground, &vendor).await?;
    let story = Story::new(platform.ground.clone(), mail).await?;
    let mut mortal = Mortal { platform, vendor, outside, process: Some(process) };
    story.is_served().await?;

    // It has been active for a month, elsewhere, and is now installed here.
    let kernel = &story.ground.kernel;
    let zone = organizations::zone(kernel.db.reader(), story.ground.organization).await?;
    let month = Month::of(kernel.clock.now(), &zone).previous();
    let of = story.ordered(Some(&month.span(&zone).from.to_rfc3339())).await?;
    story.ground.open(of, "NEW_INSTALL", json!({})).await?;
    mortal.dies().await?;
    mortal.fulfilled(of, "NetNew").await?;
    let installed = story.completed(of, "NEW_INSTALL").await?;
    mortal.dies().await?;
    story.is_installed(of, &installed).await?;

    story.upgraded(of).await?;
    mortal.dies().await?;
    mortal.fulfilled(of, "ChangeProduct").await?;
    story.completed(of, "UPGRADE").await?;
    for (what, status, cut) in PAUSE {
        mortal.dies().await?;
        story.paused(of, what, status).await?;
        mortal.dies().await?;
        mortal.fulfilled(of, "Update").await?;
        story.follows(of, cut).await?;
    }
    mortal.dies().await?;
    let invoice = story.invoiced(of, month).await?;
    mortal.dies().await?;
    story.paid(of, &invoice).await?;
    mortal.dies().await?;

    story.ground.open(of, "DISCONNECT", json!({})).await?;
    mortal.dies().await?;
    mortal.fulfilled(of, "Deprovision").await?;
    story.completed(of, "DISCONNECT").await?;
    mortal.dies().await?;
    story.is_over(of).await?;
    story.was_told().await?;
    let process = mortal.process.take().context("a process")?;
    mortal.platform.kill(process).await
}
