//! The scenario on a platform killed at any point of a saga: before and after each change of the network, and before
//! reading back.

use super::Story;
use crate::{
    app::{Pairing, SmtpServer, both},
    provisioning::{PLENTY, Platform, Subscribed},
};
use anyhow::Result;
use isp::charges::Month;
use kernel::organizations;
use serde_json::json;

both!(it_goes_on_after_a_kill_at_each_step);

async fn it_goes_on_after_a_kill_at_each_step(pairing: Pairing) -> Result<()> {
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
    let story = Story::new(platform.ground.clone(), mail).await?;
    story.is_served().await?;
    platform.kill(process).await?;

    // It has been active for a month, elsewhere, and is now installed here.
    let zone = organizations::zone(platform.ground.kernel.db.reader(), platform.ground.organization).await?;
    let month = Month::of(platform.ground.kernel.clock.now(), &zone).previous();
    let begins = month.span(&zone).from.to_rfc3339();
    let process = platform.start("before").await?;
    let of = story.ordered(Some(&begins)).await?;
    story.ground.open(of, "NEW_INSTALL", json!({})).await?;
    platform.killed_standing(process).await?;
    let process = story_killed(&platform, ["after", "read"]).await?;
    let installed = story.completed(of, "NEW_INSTALL").await?;
    story.is_installed(of, &installed).await?;
    platform.kill(process).await?;

    let process = platform.start("before").await?;
    story.upgraded(of).await?;
    platform.killed_standing(process).await?;
    let process = story_killed(&platform, ["after", "read"]).await?;
    story.completed(of, "UPGRADE").await?;
    story.suspended_and_resumed(of).await?;
    let invoice = story.invoiced(of, month).await?;
    story.paid(of, &invoice).await?;
    platform.kill(process).await?;

    gone(&platform, &story, of).await
}

async fn gone(platform: &Platform, story: &Story, of: Subscribed) -> Result<()> {
    let process = platform.start("removing").await?;
    story.ground.open(of, "DISCONNECT", json!({})).await?;
    platform.killed_standing(process).await?;
    let process = story_killed(platform, ["removed", "read"]).await?;
    story.completed(of, "DISCONNECT").await?;
    story.is_over(of).await?;
    story.was_told().await?;
    platform.kill(process).await
}

/// Kills a process at each of these places; one that nothing stops goes on.
async fn story_killed(platform: &Platform, places: [&str; 2]) -> Result<harness::Process> {
    for place in places {
        platform.killed_at(place).await?;
    }
    platform.start("nowhere").await
}
