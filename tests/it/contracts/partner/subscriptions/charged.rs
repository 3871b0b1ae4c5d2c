//! Nothing is charged that was never installed.

use super::{Ground, id, text};
use crate::app::{Pairing, both};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use entities::{provisioning_request, subscription};
use harness::until;
use isp::lifecycle;
use isp::{
    charges::{Month, Zone},
    invoices::{self, CustomerRange, Preview},
    subscriptions,
};
use sea_orm::EntityTrait;
use serde_json::json;

both!(
    a_backdated_order_is_charged_from_its_installation_on,
    an_installation_that_fails_is_not_charged_and_the_dry_run_says_why,
    a_start_date_opens_one_installation,
    a_promotion_outlives_a_slow_installation,
    what_is_installed_already_begins_at_its_date_whatever_is_installed,
);

const DAY: i64 = 86_400;

/// That of an organization that has not been given another.
fn zone() -> Zone {
    "UTC".parse().unwrap()
}

impl Ground {
    /// A subscription that is to be installed since then; where it is.
    async fn backdated(&self, tier: &str, seconds: i64) -> Result<String> {
        let answer = self.order(tier, json!({ "startDate": self.at(seconds) })).await?;
        assert_eq!((answer.status, &answer.json()["data"]["status"]), (201, &json!("PENDING")), "{answer:?}");
        Ok(answer.header("location").trim_start_matches("/partner").to_owned())
    }

    /// Has the worker do what there is to do.
    async fn settle(&mut self) -> Result<()> {
        self.app.work();
        until("everything is done", crate::app::PATIENCE, async || {
            Ok((self.app.open_jobs().await? == 0).then_some(()))
        })
        .await
    }

    /// The month that is over.
    fn month(&self) -> Month {
        Month::of(self.app.clock.now(), &zone()).previous()
    }

    async fn preview(&self, month: Month) -> Result<Preview> {
        let organization = self.work().await?.actor.organization;
        Ok(invoices::preview(&self.app.kernel, organization, month).await?)
    }

    /// How many invoices of the month are made now.
    async fn billed(&self, month: Month) -> Result<usize> {
        let work = self.work().await?;
        invoices::set_tax(&work, "CA", "0".parse()?).await?;
        work.commit().await?;
        let work = self.work().await?;
        let billed = invoices::bill(&work, month, CustomerRange::default()).await?;
        work.commit().await?;
        Ok(billed.invoices.len())
    }

    async fn installations(&self) -> Result<Vec<provisioning_request::Model>> {
        Ok(provisioning_request::Entity::find().all(self.app.kernel.db.reader()).await?)
    }
}

async fn a_backdated_order_is_charged_from_its_installation_on(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let path = ground.backdated("RESIDENTIAL_500", -60 * DAY).await?;
    assert_eq!(ground.installations().await?.len(), 1, "it is asked for by itself");
    assert_eq!(ground.count("activated").await?, 0);
    let preview = ground.preview(ground.month()).await?;
    assert_eq!((preview.invoices, preview.left_out.len()), (0, 1), "{preview:?}");
    assert!(preview.left_out[0].reason.contains("under way"), "{preview:?}");
    // The installation completes today.
    let work = ground.work().await?;
    let done = work.now();
    subscriptions::activate(&work, id(&path)?, done).await?;
    work.commit().await?;
    let active = ground.get(&path).await?;
    assert_eq!(active["status"], "ACTIVE");
    assert_eq!(text(&active["startDate"])[..19], super::shown(done)[..19], "not as of the date of the order");
    assert_eq!(ground.billed(ground.month()).await?, 0, "it was not there in that month");
    let row = subscription::Entity::find().one(ground.app.kernel.db.reader()).await?.context("a row")?;
    assert_eq!(row.started_at.map(|at| at.timestamp()), Some(done.timestamp()));
    let history = subscriptions::history(ground.app.kernel.db.reader(), row.id).await?;
    let this = Month::of(done, &zone());
    let charges = isp::charges::charges(&history, this, &zone());
    assert_eq!(charges.lines[0].span.from.timestamp(), done.timestamp(), "{charges:?}");
    Ok(())
}

async fn an_installation_that_fails_is_not_charged_and_the_dry_run_says_why(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    // No area is served: it fails.
    let path = ground.backdated("RESIDENTIAL_500", -60 * DAY).await?;
    ground.order("RESIDENTIAL_100", json!({})).await?;
    ground.settle().await?;
    assert_eq!(ground.get(&path).await?["status"], "PENDING");
    let month = ground.month();
    assert_eq!(ground.billed(month).await?, 0);
    let this = Month::of(ground.app.clock.now(), &zone());
    ground.app.clock.advance(this.span(&zone()).to - ground.app.clock.now() + TimeDelta::minutes(1));
    let preview = ground.preview(this).await?;
    assert_eq!(preview.invoices, 0, "{preview:?}");
    let reasons: Vec<_> = preview.left_out.iter().map(|one| one.reason.as_str()).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[0].starts_with("not installed; its installation has failed: "), "{reasons:?}");
    assert_eq!(reasons[1], "not installed; its installation was not requested");
    assert_eq!(ground.billed(this).await?, 0);
    ground.drain().await
}

async fn a_start_date_opens_one_installation(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let answer = ground.order("RESIDENTIAL_500", json!({ "startDate": ground.at(10 * DAY) })).await?;
    let path = answer.header("location").trim_start_matches("/partner").to_owned();
    assert_eq!(ground.installations().await?.len(), 0, "its date has not come");
    ground.app.clock.advance(TimeDelta::days(10) + TimeDelta::minutes(1));
    ground.settle().await?;
    let [failed] = &ground.installations().await?[..] else { panic!("one installation") };
    assert_eq!(failed.status, provisioning_request::RequestStatus::Failed);
    // Whatever is done next asks for no other by itself.
    ground.caller.post(&format!("{path}/upgrade"), &json!({ "newTier": "BUSINESS_1G" })).await?;
    let work = ground.work().await?;
    lifecycle::run_due(&work, id(&path)?, work.now()).await?;
    work.commit().await?;
    assert_eq!(ground.installations().await?.len(), 1);
    assert_eq!(
        (ground.get(&path).await?["status"].take(), ground.count("activated").await?),
        (json!("PENDING"), 0)
    );
    ground.drain().await
}

async fn a_promotion_outlives_a_slow_installation(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let work = ground.work().await?;
    let until = Some(work.now() + TimeDelta::days(1));
    isp::promotions::add(&work, isp::charges::Promotion { until, ..super::code("SOON") }).await?;
    work.commit().await?;
    let order = json!({ "startDate": ground.at(0), "promotionCode": "SOON" });
    let made = ground.order("RESIDENTIAL_500", order).await?;
    assert_eq!(made.status, 201, "{made:?}");
    ground.app.clock.advance(TimeDelta::days(30));
    let work = ground.work().await?;
    let id = text(&made.json()["data"]["id"]).parse().ok().context("an id")?;
    let now = work.now();
    subscriptions::activate(&work, id, now).await?;
    work.commit().await?;
    let history = subscriptions::history(ground.app.kernel.db.reader(), id).await?;
    let charges = isp::charges::charges(&history, Month::of(now, &zone()), &zone());
    assert!(charges.lines.iter().any(|line| line.amount.is_sign_negative()), "it is taken off: {charges:?}");
    Ok(())
}

async fn what_is_installed_already_begins_at_its_date_whatever_is_installed(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let starts = ground.at(10 * DAY);
    let order = json!({ "startDate": starts, "alreadyInstalled": true });
    let made = ground.order("RESIDENTIAL_500", order).await?;
    let path = made.header("location").trim_start_matches("/partner").to_owned();
    // A NEW_INSTALL completes today.
    let work = ground.work().await?;
    subscriptions::activate(&work, id(&path)?, work.now()).await?;
    work.commit().await?;
    assert_eq!(ground.get(&path).await?["status"], "PENDING");
    ground.app.clock.advance(TimeDelta::days(10) + TimeDelta::minutes(1));
    let work = ground.work().await?;
    lifecycle::run_due(&work, id(&path)?, work.now()).await?;
    work.commit().await?;
    let active = ground.get(&path).await?;
    assert_eq!((&active["status"], &text(&active["startDate"])[..19]), (&json!("ACTIVE"), &starts[..19]));
    Ok(())
}
