//! Billing of provisioned services: another plan once the network has it, and nothing that was never installed.

use super::{
    Ground, Subscribed,
    changed::on_another_network,
    fixtures::{PLENTY, Supplies},
};
use crate::{
    app::{Pairing, both},
    contracts::partner::customer,
};
use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{plan::standard, provisioning_request, subscription::SubscriptionStatus, subscription_change};
use isp::{
    charges::{Kind, Month},
    invoices::{self, Preview},
    plans::{self, Changes},
    subscriptions::{self, Planned},
};
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

both!(
    another_plan_is_billed_once_it_is_provisioned,
    a_change_that_fails_changes_nothing_on_the_bill,
    what_was_never_installed_can_be_ended,
    a_withdrawn_upgrade_that_fails_leaves_the_price_that_is_shown,
);

impl Ground {
    /// Upgrades a subscription, and waits for its request to end.
    async fn upgraded(&self, of: Subscribed) -> Result<Value> {
        let path = format!("/api/v1/subscriptions/{}/upgrade", of.id);
        let answer = self.caller.post(&path, &json!({ "newTier": "RESIDENTIAL_1G" })).await?;
        assert_eq!(answer.status, 200, "{answer:?}");
        let newest = provisioning_request::Entity::find().order_by_desc(provisioning_request::Column::Id);
        let request = newest.one(self.kernel.db.reader()).await?.context("a request")?;
        self.ended(&format!("/api/v1/provisioning/{}", request.id)).await
    }

    /// The change of the subscription's plan.
    async fn plan_change(&self, of: Subscribed) -> Result<subscription_change::Model> {
        let found =
            subscription_change::Entity::of(of.id).filter(subscription_change::Column::PlanId.is_not_null());
        found.one(self.kernel.db.reader()).await?.context("a change of the plan")
    }

    /// How many plans the subscription is billed for, by what has been provisioned.
    async fn plans_billed(&self, of: Subscribed) -> Result<usize> {
        let db = self.kernel.db.reader();
        let histories = subscriptions::histories(db, [of.id], Planned::Wait).await?;
        let changes = histories.get(&of.id).context("a history")?.changes();
        let brings_plan = |kind: &Kind| matches!(kind, Kind::Activated(_) | Kind::Changed { .. });
        Ok(changes.iter().filter(|change| brings_plan(&change.kind)).count())
    }

    /// The monthly price that the subscription is billed for now.
    pub async fn price_billed(&self, of: Subscribed) -> Result<Decimal> {
        let db = self.kernel.db.reader();
        let histories = subscriptions::histories(db, [of.id], Planned::Wait).await?;
        let changes = histories.get(&of.id).context("a history")?.changes();
        let price = changes.iter().rev().find_map(|change| match &change.kind {
            Kind::Activated(activation) => Some(activation.plan.price),
            Kind::Changed { plan, .. } => Some(plan.price),
            _ => None,
        });
        price.context("a price")
    }

    /// What a run of this month would bill, once it is over.
    async fn preview(&self) -> Result<Preview> {
        let (clock, zone) = (&self.kernel.clock, "UTC".parse().unwrap());
        let month = Month::of(clock.now(), &zone);
        clock.advance(month.span(&zone).to - clock.now() + TimeDelta::minutes(1));
        let work = self.work();
        invoices::set_tax(&work, "CA", "0".parse()?).await?;
        work.commit().await?;
        Ok(invoices::preview(&self.kernel, self.organization, month).await?)
    }
}

async fn another_plan_is_billed_once_it_is_provisioned(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let of = ground.subscribed("john@example.com").await?;
    ground.completed(of, "NEW_INSTALL").await?;
    let request = ground.upgraded(of).await?;
    assert_eq!(request["status"], "COMPLETED", "{request}");
    let change = ground.plan_change(of).await?;
    let billed = change.billed_at.context("it is billed")?;
    let completed: DateTime<Utc> = request["completedDate"].as_str().context("a date")?.parse()?;
    assert!(change.effective_at <= billed && billed <= completed, "{change:?}");
    assert_eq!(ground.plans_billed(of).await?, 2);
    assert_eq!(ground.preview().await?.unchanged, []);
    app.drain().await
}

async fn a_change_that_fails_changes_nothing_on_the_bill(pairing: Pairing) -> Result<()> {
    let (mut app, mut ground) =
        Ground::app(pairing, PLENTY, |settings| settings.invoices.enabled = false).await?;
    let of = ground.subscribed("john@example.com").await?;
    ground.completed(of, "NEW_INSTALL").await?;
    let (stop, running) =
        on_another_network(&mut app, &mut ground, |settings| settings.provisioners.simulator.lies = true)
            .await?;
    let request = ground.upgraded(of).await?;
    assert_eq!(request["status"], "FAILED", "{request}");
    assert_eq!((ground.plan_change(of).await?.billed_at, ground.plans_billed(of).await?), (None, 1));
    let preview = ground.preview().await?;
    let [unchanged] = &preview.unchanged[..] else { panic!("one: {preview:?}") };
    assert_eq!(unchanged.subscription, of.id);
    assert!(unchanged.reason.contains("has failed: "), "{unchanged:?}");
    stop.cancel();
    running.await?;
    // Asked for again, on a network that does it.
    app.work();
    ground.completed(of, "UPGRADE").await?;
    assert!(ground.plan_change(of).await?.billed_at.is_some());
    assert_eq!(ground.plans_billed(of).await?, 2);
    app.drain().await
}

async fn what_was_never_installed_can_be_ended(pairing: Pairing) -> Result<()> {
    let nothing = Supplies { pools: &[], onts: 0 };
    let (app, ground) = Ground::app(pairing, nothing, |settings| settings.invoices.enabled = false).await?;
    let [plain, failed, planned, later] = {
        let mut all = vec![];
        for name in ["plain", "failed", "planned", "later"] {
            all.push(ground.subscribed(&format!("{name}@example.com")).await?);
        }
        <[_; 4]>::try_from(all).unwrap()
    };
    ground.done(failed, "NEW_INSTALL").await?;
    let in_days = |days| json!({ "scheduledDate": (app.clock.now() + TimeDelta::days(days)).to_rfc3339() });
    let installation = ground.open(planned, "NEW_INSTALL", in_days(5)).await?;
    for of in [plain, failed, planned] {
        ground.completed(of, "DISCONNECT").await?;
        let row = ground.subscription(of).await?;
        assert_eq!((row.status, row.started_at), (SubscriptionStatus::Cancelled, None));
        let again = ground.caller.post("/api/v1/provisioning", &of.asking("DISCONNECT", &json!({}))).await?;
        again.refused(reqwest::StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert!(again.text.contains("the subscription is CANCELLED, and was never installed"), "{again:?}");
    }
    assert_eq!(ground.ended(&installation).await?["status"], "CANCELLED");
    // One that is to be disconnected later leaves what is planned.
    ground.open(later, "NEW_INSTALL", in_days(5)).await?;
    let answer = ground.caller.post("/api/v1/provisioning", &later.asking("DISCONNECT", &in_days(9))).await?;
    answer.refused(reqwest::StatusCode::CONFLICT, "CONFLICT");
    // What was installed by somebody else is charged until then.
    let order = json!({ "customerId": plain.customer.to_string(), "serviceTier": "RESIDENTIAL_100", "alreadyInstalled": true });
    let made = ground.caller.post("/api/v1/subscriptions", &order).await?;
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json()["data"]["id"].as_str().context("an id")?.parse()?;
    let taken_over = Subscribed { id, ..plain };
    ground.completed(taken_over, "DISCONNECT").await?;
    assert_eq!(ground.subscription(taken_over).await?.status, SubscriptionStatus::Cancelled);
    ground.completed(later, "DISCONNECT").await?;
    Ok(())
}

async fn a_withdrawn_upgrade_that_fails_leaves_the_price_that_is_shown(pairing: Pairing) -> Result<()> {
    let (mut app, mut ground) =
        Ground::app(pairing, PLENTY, |settings| settings.invoices.enabled = false).await?;
    let set = async |price: &str| {
        let work = ground.work();
        let changes = Changes { monthly: Some(price.parse()?), ..Changes::default() };
        plans::set(&work, standard::RESIDENTIAL_500, changes).await?;
        work.commit().await?;
        anyhow::Ok(())
    };
    set("69.99").await?;
    let mut all = vec![];
    for name in ["nothing", "higher", "lower"] {
        let email = format!("{name}@example.com");
        let customer = ground.caller.post("/api/v1/customers", &customer(&email)).await?.json();
        let order = json!({ "customerId": customer["data"]["id"], "serviceTier": "RESIDENTIAL_500" });
        let made = ground.caller.post("/api/v1/subscriptions", &order).await?.json();
        let id = |of: &Value| of["data"]["id"].as_str().unwrap_or_default().to_owned();
        let of = Subscribed { customer: id(&customer).parse()?, id: id(&made).parse()? };
        ground.completed(of, "NEW_INSTALL").await?;
        all.push(of);
    }
    app.stop_workers().await?;
    let caller = app.serve().await?;
    let change = async |of: Subscribed, what: &str, tier: &str| {
        let path = format!("/api/v1/subscriptions/{}/{what}", of.id);
        let answer = caller.post(&path, &json!({ "newTier": tier })).await?;
        assert_eq!(answer.status, 200, "{answer:?}");
        anyhow::Ok(answer.json()["data"]["proratedAmount"].as_f64().unwrap_or_default())
    };
    for of in &all {
        change(*of, "upgrade", "RESIDENTIAL_1G").await?;
    }
    set("179.99").await?;
    for (place, of) in all.into_iter().enumerate() {
        let higher = ground.subscription(of).await?.plan_id;
        let preview = change(of, "downgrade", "RESIDENTIAL_500").await?;
        // Whatever the failed request has tried last.
        let tried = [None, Some(higher), Some(ground.subscription(of).await?.plan_id)][place];
        let work = ground.work();
        let is_left = subscriptions::fail_change(&work, of.id, tried).await?;
        work.commit().await?;
        assert!(!is_left, "the network has the plan");
        assert!(preview > 0.0, "the price has risen: {preview}");
        let shown = ground.subscription(of).await?.monthly_cents;
        assert_eq!((shown, ground.price_billed(of).await?), (17_999, "179.99".parse()?), "{tried:?}");
    }
    ground.caller = caller;
    app.work();
    app.drain().await
}
