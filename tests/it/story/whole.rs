//! The scenario on a healthy platform.

use super::Story;
use crate::{
    app::{Pairing, SmtpServer, allow_loopback, both},
    provisioning::{Ground, PLENTY},
};
use anyhow::Result;
use chrono::TimeDelta;
use isp::charges::Month;
use kernel::organizations;
use serde_json::json;
use std::time::Duration;

both!(a_customer_comes_stays_and_goes);

async fn a_customer_comes_stays_and_goes(pairing: Pairing) -> Result<()> {
    let mail = SmtpServer::start(&[]).await?;
    let url = format!("smtp://{}", mail.address());
    let (app, ground) = Ground::app(pairing, PLENTY, |settings| {
        allow_loopback(settings);
        settings.webhooks.linger = Duration::from_millis(20);
        settings.mail.url = url;
    })
    .await?;
    let story = Story::new(ground, mail).await?;
    story.is_served().await?;
    let of = story.ordered(None).await?;
    story.ground.open(of, "NEW_INSTALL", json!({})).await?;
    let installed = story.completed(of, "NEW_INSTALL").await?;
    story.is_installed(of, &installed).await?;
    story.upgraded(of).await?;
    story.completed(of, "UPGRADE").await?;
    story.suspended_and_resumed(of).await?;
    let zone = organizations::zone(app.kernel.db.reader(), story.ground.organization).await?;
    let month = Month::of(app.clock.now(), &zone);
    app.at_rest().await?;
    app.clock.advance(month.span(&zone).to + TimeDelta::days(1) - app.clock.now());
    let invoice = story.invoiced(of, month).await?;
    story.paid(of, &invoice).await?;
    story.ground.open(of, "DISCONNECT", json!({})).await?;
    story.completed(of, "DISCONNECT").await?;
    story.is_over(of).await?;
    story.was_told().await?;
    app.drain().await
}
