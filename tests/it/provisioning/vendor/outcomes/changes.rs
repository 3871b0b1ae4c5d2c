//! Random actions of partner, vendor, operator and clock while a service changes: completed work stays completed,
//! decisions stay decided, and finally the vendor's service matches the subscription.

use super::settle;
use crate::{
    app::{PATIENCE, Pairing, TestApp, both},
    provisioning::{
        Ground, PLENTY, Subscribed, Supplies,
        vendor::fixtures::{Vendor, done, refused},
    },
};
use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use entities::{
    ids::{ProvisioningId, VendorRequestId},
    job, network_service,
    plan::standard,
    provisioning_request::{self, RequestStatus},
    subscription::SubscriptionStatus,
    vendor_request::{self, RequestState, RequestType},
};
use harness::until;
use isp::{
    charges::from_cents,
    plans::{self, Changes, Plans},
    vendors::results,
};
use kernel::{UnitOfWork, events::Actor};
use platform::Error;
use proptest::{prelude::*, test_runner::TestRunner};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicUsize, Ordering},
};
use tokio::{runtime::Handle, task::block_in_place};

both!(what_a_vendor_has_done_stays_done);

/// Sequences of one run. Each has a service of its own.
const CASES: u32 = 8;

#[derive(Debug, Clone, Copy)]
enum Step {
    Upgrade,
    Downgrade,
    Price,
    Suspend,
    Resume,
    Success,
    Fail,
    Cancel,
    Retry,
    Hours(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Upgrade),
        2 => Just(Step::Downgrade),
        1 => Just(Step::Price),
        3 => Just(Step::Suspend),
        3 => Just(Step::Resume),
        3 => Just(Step::Success),
        1 => Just(Step::Fail),
        1 => Just(Step::Cancel),
        1 => Just(Step::Retry),
        1 => (1i64..50).prop_map(Step::Hours),
    ]
}

async fn what_a_vendor_has_done_stays_done(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, Supplies { onts: CASES as usize, ..PLENTY }, |_| {}).await?;
    let vendor = Vendor::of(&ground).await?;
    let steps = prop::collection::vec(step(), 2..9);
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    };
    let count = AtomicUsize::new(0);
    let outcome = block_in_place(|| {
        TestRunner::new(config).run(&steps, |steps| {
            let email = format!("c{}@example.com", count.fetch_add(1, Ordering::Relaxed));
            Handle::current()
                .block_on(live(&app, &ground, &vendor, (&email, &steps)))
                .map_err(|error| TestCaseError::fail(format!("{error:#}")))
        })
    });
    outcome.map_err(|error| anyhow::anyhow!("{error}"))?;
    app.drain().await
}

/// A service that the vendor has installed, and what has become of it.
struct Life<'a> {
    app: &'a TestApp,
    ground: &'a Ground,
    vendor: &'a Vendor,
    of: Subscribed,
    /// The requests that the vendor was told are fulfilled.
    fulfilled: BTreeSet<ProvisioningId>,
    /// What became of orders.
    decided: BTreeMap<VendorRequestId, RequestState>,
}

async fn live(
    app: &TestApp,
    ground: &Ground,
    vendor: &Vendor,
    (email, steps): (&str, &[Step]),
) -> Result<()> {
    let of = ground.installed_by(vendor, email).await?;
    let (fulfilled, decided) = (BTreeSet::new(), BTreeMap::new());
    let mut life = Life { app, ground, vendor, of, fulfilled, decided };
    for step in steps {
        settle(app).await?;
        life.take(*step).await.with_context(|| format!("{step:?}"))?;
        settle(app).await?;
        life.check().await.with_context(|| format!("after {step:?}"))?;
    }
    life.come_to_rest().await?;
    // A suspension that was cancelled, or that has failed, is asked for once more.
    let is_suspended = ground.subscription(of).await?.status == SubscriptionStatus::Suspended;
    life.ask(if is_suspended { "resume" } else { "suspend" }).await?;
    life.come_to_rest().await?;
    life.check().await?;
    life.agrees().await
}

impl Life<'_> {
    async fn take(&mut self, step: Step) -> Result<()> {
        match step {
            Step::Upgrade => self.upgrade().await,
            Step::Downgrade => self.ask("downgrade").await.map(drop),
            Step::Price => self.raise_price().await,
            Step::Suspend => self.ask("suspend").await.map(drop),
            Step::Resume => self.ask("resume").await.map(drop),
            Step::Success => self.answer(true).await,
            Step::Fail => self.answer(false).await,
            Step::Cancel => self.cancel().await,
            Step::Retry => self.retry().await,
            Step::Hours(hours) => {
                self.app.clock.advance(TimeDelta::hours(hours));
                Ok(())
            }
        }
    }

    /// Whether it is possible just now.
    async fn ask(&self, what: &str) -> Result<bool> {
        let path = format!("/api/v1/subscriptions/{}/{what}", self.of.id);
        let body = match what {
            "upgrade" => json!({ "newTier": "RESIDENTIAL_1G" }),
            "downgrade" => json!({ "newTier": "RESIDENTIAL_500" }),
            _ => json!({}),
        };
        let answer = self.ground.caller.post(&path, &body).await?;
        ensure!([200, 400, 409].contains(&answer.status), "{answer:?}");
        Ok(answer.status == 200)
    }

    /// Has a better tier, or has the network asked for it once more.
    async fn upgrade(&self) -> Result<()> {
        if self.ask("upgrade").await? {
            return Ok(());
        }
        let body = self.of.asking("UPGRADE", &json!({}));
        let answer = self.ground.caller.post("/api/v1/provisioning", &body).await?;
        ensure!([201, 202, 400, 409].contains(&answer.status), "{answer:?}");
        Ok(())
    }

    /// The lower plan becomes more expensive, for those who change to it from now on.
    async fn raise_price(&self) -> Result<()> {
        let work = self.ground.work();
        let plans = Plans::of(&work.transaction().await?, self.ground.organization).await?;
        let plan = plans.current(standard::RESIDENTIAL_500)?;
        let monthly = Some(from_cents(plan.monthly_cents + 100));
        plans::set(&work, plan.id, Changes { monthly, ..Changes::default() }).await?;
        Ok(work.commit().await?)
    }

    async fn open_order(&self) -> Result<Option<vendor_request::Model>> {
        let mut open = self.vendor.orders(self.of).await?;
        open.retain(|order| order.state == RequestState::Open);
        ensure!(open.len() <= 1, "one at a time: {open:?}");
        Ok(open.pop())
    }

    /// The vendor answers what is open; it may be decided otherwise just then.
    async fn answer(&mut self, is_done: bool) -> Result<()> {
        let Some(order) = self.open_order().await? else { return Ok(()) };
        let kind = self.vendor.waiting_job(&order).await?.kind;
        let work = UnitOfWork::new(self.vendor.kernel.clone(), Actor::system(self.vendor.organization));
        let result = if is_done { done() } else { refused("not today") };
        match results::post(&work, order.id, result).await {
            Ok(_) => work.commit().await?,
            Err(Error::Conflict { .. }) => return Ok(work.rollback().await?),
            Err(error) => return Err(error.into()),
        }
        if is_done && kind == "provisioning" {
            self.fulfilled.insert(order.order_id.context("a request")?);
        }
        Ok(())
    }

    /// The operator cancels what waits for the vendor; that decides it at once.
    async fn cancel(&self) -> Result<()> {
        let Some(order) = self.open_order().await? else { return Ok(()) };
        self.app.cancel(order.waiting_job.context("a job")?).await?;
        let state = self.vendor.order(&order).await?.state;
        ensure!(state == RequestState::Failed, "{state:?}");
        self.vendor.is_refused(&order, done()).await
    }

    /// The operator retries the last job that has failed; it may be one that cannot be.
    async fn retry(&self) -> Result<()> {
        let jobs = job::Entity::find().filter(job::Column::Kind.is_in(["provisioning", "network_sync"]));
        let mut jobs = jobs.all(self.app.kernel.db.reader()).await?;
        let subscription = json!(self.of.id);
        jobs.retain(|job| job.payload["subscription"] == subscription || job.kind == "provisioning");
        jobs.sort_by_key(|job| job.id);
        let Some(job) = jobs.pop().filter(|job| job.state.is_final()) else { return Ok(()) };
        match self.app.retry_manually(job.id).await {
            Err(error) if error.downcast_ref::<Error>().is_none() => Err(error),
            _ => Ok(()),
        }
    }

    /// What the vendor was told is fulfilled is completed, and what was decided is so still.
    async fn check(&mut self) -> Result<()> {
        for id in &self.fulfilled {
            let request = provisioning_request::Entity::find_by_id(*id);
            let request = request.one(self.app.kernel.db.reader()).await?.context("a request")?;
            ensure!(request.status == RequestStatus::Completed, "{request:?}");
        }
        for order in self.vendor.orders(self.of).await? {
            let before = self.decided.insert(order.id, order.state);
            ensure!(
                before.is_none_or(|before| before == RequestState::Open || before == order.state),
                "{before:?} before: {order:?}"
            );
        }
        Ok(())
    }

    /// The vendor does all that is still ordered, until nothing is.
    async fn come_to_rest(&mut self) -> Result<()> {
        until("nothing is open", PATIENCE, async || {
            self.answer(true).await?;
            let db = self.app.kernel.db.reader();
            let requests = provisioning_request::Entity::open_of(self.of.id).count(db).await?;
            let syncs = job::Entity::find().filter(job::Column::FinishedAt.is_null());
            let syncs = syncs.filter(job::Column::Kind.eq("network_sync")).count(db).await?;
            let is_open = self.open_order().await?.is_some();
            Ok((requests + syncs == 0 && !is_open).then_some(()))
        })
        .await
    }

    /// The subscription, its price, what is kept of its service, and what the vendor has done last.
    async fn agrees(&self) -> Result<()> {
        let subscription = self.ground.subscription(self.of).await?;
        let (status, shown) = (subscription.status, from_cents(subscription.monthly_cents));
        let billed = self.ground.price_billed(self.of).await?;
        ensure!(shown == billed, "{shown} is shown, and {billed} is billed");
        let kept = network_service::Entity::find_by_id(self.of.id);
        let kept = kept.one(self.app.kernel.db.reader()).await?.context("the service")?;
        let mut done = self.vendor.orders(self.of).await?;
        done.retain(|order| order.state == RequestState::Succeeded);
        let last = done.pop().context("an order that was done")?;
        ensure!(last.kind != RequestType::Deprovision, "{last:?}");
        let service = self.vendor.details(&last).await?["service"].take();
        let expected =
            (status == SubscriptionStatus::Suspended, json!(self.ground.code(kept.plan_id).await?));
        let found = (service["suspended"] == true, service["tier"].clone());
        ensure!(kept.suspended == expected.0 && found == expected, "{status:?}, {kept:?}, {service}");
        Ok(())
    }
}
