//! An attempt keeps its delivery status after the delivery log is gone.

use super::{Ground, below};
use crate::app::{Pairing, Receiver, Reply, both};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use entities::{delivery, vendor_attempt};
use reqwest::Method;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::Value;

both!(what_was_taken_stays_acknowledged_without_its_webhook, states_and_errors_stay_when_the_log_is_swept,);

impl Ground {
    /// Sweeps until nothing is left to be swept.
    pub(super) async fn sweep(&self) -> Result<()> {
        let (db, keep) = (self.app.kernel.db.writer(), &self.app.kernel.settings.retention);
        while webhooks::sweep(db, keep, 1000, self.app.kernel.clock.now()).await? > 0 {}
        Ok(())
    }

    async fn logged(&self) -> Result<u64> {
        Ok(delivery::Entity::find().count(self.app.kernel.db.reader()).await?)
    }
}

async fn what_was_taken_stays_acknowledged_without_its_webhook(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let receiver = Receiver::replying([Reply::status(500)]).await?;
    let hook = ground.live.hook(&ground.provisioner, &receiver).await?;
    let order = ground.order(None).await?;
    let latest = below(&order, "/attempts/latest");
    let before = ground.live.when(&latest, |attempt| attempt["status"] == "Acknowledged").await?;
    let hook = hook["id"].as_str().context("an id")?;
    let path = format!("/provisioners/{}/webhooks/{hook}", ground.provisioner.id.0);
    ground.live.caller.send(ground.live.request(Method::DELETE, &path)).await?;
    assert_eq!(ground.live.read(&latest).await?, before);
    ground.app.at_rest().await?;
    ground.sweep().await?;
    assert_eq!(ground.logged().await?, 0);
    assert_eq!(ground.live.read(&latest).await?, before);
    // It is not sent again to the next one.
    let next = Receiver::start().await?;
    ground.live.hook(&ground.provisioner, &next).await?;
    ground.app.drain().await?;
    assert_eq!(next.arrivals().len(), 0);
    Ok(())
}

async fn states_and_errors_stay_when_the_log_is_swept(pairing: Pairing) -> Result<()> {
    let ground = Ground::once(pairing).await?;
    let receiver = Receiver::replying([Reply::status(500)]).await?;
    ground.live.hook(&ground.provisioner, &receiver).await?;
    let orders = [ground.order(None).await?, ground.order(None).await?];
    let mut before = vec![];
    for order in &orders {
        let has_ended = |attempt: &Value| attempt["status"] != "Issued";
        before.push(ground.live.when(&below(order, "/attempts/latest"), has_ended).await?);
    }
    let failed = before.iter().find(|attempt| attempt["status"] == "Failed").context("one has failed")?;
    assert_eq!(failed["errorDetail"], "the receiver answered 500");
    assert!(before.iter().any(|attempt| attempt["status"] == "Acknowledged"));
    ground.app.at_rest().await?;
    ground.app.clock.advance(TimeDelta::days(31));
    ground.sweep().await?;
    assert_eq!(ground.logged().await?, 0);
    let [live, _] = ground.again().await?;
    for (order, before) in orders.iter().zip(&before) {
        assert_eq!(live.read(&below(order, "/attempts/latest")).await?, *before);
    }
    assert_eq!(vendor_attempt::Entity::find().count(ground.app.kernel.db.reader()).await?, 2);
    ground.app.drain().await
}
