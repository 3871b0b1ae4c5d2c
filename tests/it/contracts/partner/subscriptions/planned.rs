//! Scheduled changes are applied at their time, once, whatever happens to workers.

use super::{Ground, id, text};
use crate::app::{Pairing, both};
use anyhow::Result;
use chrono::TimeDelta;
use engine::ledger::NewJob;
use harness::until;
use isp::lifecycle;
use isp::payloads::SubscriptionChange;
use serde_json::{Value, json};

both!(
    a_planned_tier_comes_at_its_time_and_once,
    what_is_installed_already_begins_at_its_start_date,
    a_suspended_one_is_resumed_by_itself,
    who_resumes_by_hand_is_not_resumed_again,
    the_last_plan_counts,
    what_is_due_is_done_without_a_worker_too,
    a_tier_that_was_taken_meanwhile_is_dropped,
);

const DAY: i64 = 86_400;

impl Ground {
    /// Moves the clock, and starts a worker, as after all workers were gone; waits until it has nothing to do.
    async fn days_later(&mut self, days: i64) -> Result<()> {
        self.app.clock.advance(TimeDelta::days(days) + TimeDelta::minutes(1));
        self.app.work();
        until("what is due is done", crate::app::PATIENCE, async || {
            Ok((self.app.open_jobs().await? == 0).then_some(()))
        })
        .await
    }

    /// Has the job run once more.
    async fn run_again(&self, path: &str) -> Result<()> {
        let organization = self.work().await?.actor.organization;
        let payload = SubscriptionChange { subscription: id(path)?, until: self.app.clock.now() };
        let job = self.app.enqueue(NewJob::new(Some(organization), &payload)?).await?;
        assert_eq!(self.app.ended(job).await?.state, entities::job::JobState::Succeeded);
        Ok(())
    }
}

async fn a_planned_tier_comes_at_its_time_and_once(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let path = ground.active("RESIDENTIAL_100").await?;
    let at = ground.at(3 * DAY);
    let body = json!({ "newTier": "RESIDENTIAL_1G", "effectiveDate": at });
    let planned = ground.done(&path, "upgrade", body).await?;
    assert_eq!(
        (&planned["previousTier"], &planned["newTier"]),
        (&json!("RESIDENTIAL_100"), &json!("RESIDENTIAL_1G"))
    );
    assert_eq!(text(&planned["effectiveDate"])[..19], at[..19]);
    assert_eq!((ground.count("change_planned").await?, ground.count("upgraded").await?), (1, 0));
    assert_eq!(ground.get(&path).await?["serviceTier"], "RESIDENTIAL_100");
    ground.days_later(3).await?;
    let after = ground.get(&path).await?;
    assert_eq!((&after["serviceTier"], &after["monthlyPrice"]), (&json!("RESIDENTIAL_1G"), &json!(99.99)));
    assert_eq!(ground.count("upgraded").await?, 1);
    ground.run_again(&path).await?;
    assert_eq!((ground.get(&path).await?, ground.count("upgraded").await?), (after, 1));
    ground.drain().await
}

async fn what_is_installed_already_begins_at_its_start_date(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let at = ground.at(40 * DAY);
    let order = json!({ "startDate": at, "alreadyInstalled": true });
    let made = ground.order("RESIDENTIAL_100", order).await?.json()["data"].take();
    let path = format!("/api/v1/subscriptions/{}", text(&made["id"]));
    assert_eq!((&made["status"], &text(&made["startDate"])[..19]), (&json!("PENDING"), &at[..19]));
    ground.days_later(40).await?;
    let begun = ground.get(&path).await?;
    assert_eq!((&begun["status"], &begun["startDate"]), (&json!("ACTIVE"), &made["startDate"]));
    ground.run_again(&path).await?;
    assert_eq!((ground.get(&path).await?, ground.count("activated").await?), (begun, 1));
    ground.drain().await
}

async fn a_suspended_one_is_resumed_by_itself(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let path = ground.active("RESIDENTIAL_100").await?;
    ground.done(&path, "suspend", json!({ "scheduledResumeDate": ground.at(10 * DAY) })).await?;
    ground.days_later(10).await?;
    let resumed = ground.get(&path).await?;
    assert_eq!((&resumed["status"], &resumed["scheduledResumeDate"]), (&json!("ACTIVE"), &Value::Null));
    ground.run_again(&path).await?;
    assert_eq!(ground.count("resumed").await?, 1);
    ground.drain().await
}

async fn who_resumes_by_hand_is_not_resumed_again(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let path = ground.active("RESIDENTIAL_100").await?;
    ground.done(&path, "suspend", json!({ "scheduledResumeDate": ground.at(10 * DAY) })).await?;
    ground.done(&path, "resume", json!({})).await?;
    ground.done(&path, "suspend", json!({ "reason": "Again" })).await?;
    ground.days_later(10).await?;
    assert_eq!(ground.get(&path).await?["status"], "SUSPENDED", "the date was for the time before");
    assert_eq!(ground.count("resumed").await?, 1);
    ground.drain().await
}

async fn the_last_plan_counts(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let path = ground.active("RESIDENTIAL_100").await?;
    for tier in ["BUSINESS_10G", "RESIDENTIAL_500"] {
        ground
            .done(&path, "upgrade", json!({ "newTier": tier, "effectiveDate": ground.at(2 * DAY) }))
            .await?;
    }
    assert_eq!((ground.count("change_planned").await?, ground.count("change_dropped").await?), (2, 1));
    let other = ground.active("RESIDENTIAL_1G").await?;
    let later = json!({ "newTier": "RESIDENTIAL_100", "effectiveDate": ground.at(2 * DAY) });
    // Also one that takes effect at once.
    assert_eq!(ground.caller.post(&format!("{other}/downgrade"), &later).await?.status, 409);
    ground
        .done(&other, "upgrade", json!({ "newTier": "BUSINESS_10G", "effectiveDate": ground.at(2 * DAY) }))
        .await?;
    ground.done(&other, "upgrade", json!({ "newTier": "BUSINESS_1G" })).await?;
    ground.days_later(2).await?;
    assert_eq!(ground.get(&path).await?["serviceTier"], "RESIDENTIAL_500");
    assert_eq!(ground.get(&other).await?["serviceTier"], "BUSINESS_1G");
    ground.drain().await
}

async fn what_is_due_is_done_without_a_worker_too(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let path = ground.active("RESIDENTIAL_100").await?;
    let body = json!({ "newTier": "RESIDENTIAL_500", "effectiveDate": ground.at(DAY) });
    ground.done(&path, "upgrade", body).await?;
    ground.app.clock.advance(TimeDelta::days(2));
    let next = ground.done(&path, "upgrade", json!({ "newTier": "RESIDENTIAL_1G" })).await?;
    assert_eq!(next["previousTier"], "RESIDENTIAL_500");
    let work = ground.work().await?;
    lifecycle::end(&work, id(&path)?, work.now()).await?;
    work.commit().await?;
    ground.days_later(0).await?;
    let ended = ground.get(&path).await?;
    assert_eq!((&ended["status"], &ended["serviceTier"]), (&json!("CANCELLED"), &json!("RESIDENTIAL_1G")));
    assert_eq!((ground.count("upgraded").await?, ground.count("cancelled").await?), (2, 1));
    ground.drain().await
}

async fn a_tier_that_was_taken_meanwhile_is_dropped(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let path = ground.active("RESIDENTIAL_100").await?;
    let body = json!({ "newTier": "RESIDENTIAL_500", "effectiveDate": ground.at(DAY) });
    ground.done(&path, "upgrade", body).await?;
    ground.active("RESIDENTIAL_500").await?;
    ground.days_later(1).await?;
    assert_eq!(ground.get(&path).await?["serviceTier"], "RESIDENTIAL_100");
    assert_eq!((ground.count("change_dropped").await?, ground.count("upgraded").await?), (1, 0));
    ground.drain().await
}
