//! Random actions of vendor, partner and clock on an order: partner and vendor see the same outcome, and simulated
//! orders behave like real ones.

mod changes;

use super::fixtures::{Vendor, done, refused};
use crate::{
    app::{PATIENCE, Pairing, TestApp, both},
    provisioning::Ground,
};
use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use entities::{
    RawJson,
    ids::{VendorAttemptId, VendorRequestId},
    job::{self, JobState},
    vendor_attempt, vendor_detail,
    vendor_request::{self, RequestState, RequestType},
    vendor_result,
};
use harness::until;
use isp::{
    provisioning,
    vendors::{self, Simulated, attempts, requests, results},
};
use kernel::{UnitOfWork, events::Actor};
use platform::Error;
use proptest::{prelude::*, test_runner::TestRunner};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::{runtime::Handle, task::block_in_place};

both!(partner_and_vendor_never_see_different_outcomes);

/// Sequences of one run. Each takes an installation by real workers.
const CASES: u32 = 12;

#[derive(Debug, Clone, Copy)]
enum Step {
    Details,
    Attempt,
    Fail { of_first: bool },
    Success { of_first: bool },
    Cancel,
    Hours(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Details),
        2 => Just(Step::Attempt),
        3 => any::<bool>().prop_map(|of_first| Step::Fail { of_first }),
        1 => any::<bool>().prop_map(|of_first| Step::Success { of_first }),
        1 => Just(Step::Cancel),
        2 => (1i64..50).prop_map(Step::Hours),
    ]
}

async fn partner_and_vendor_never_see_different_outcomes(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let steps = prop::collection::vec(step(), 1..9);
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    };
    let count = AtomicUsize::new(0);
    let outcome = block_in_place(|| {
        TestRunner::new(config).run(&steps, |steps| {
            let number = count.fetch_add(1, Ordering::Relaxed);
            Handle::current()
                .block_on(live(&app, &ground, &vendor, (number, &steps)))
                .map_err(|error| TestCaseError::fail(format!("{error:#}")))
        })
    });
    outcome.map_err(|error| anyhow::anyhow!("{error}"))?;
    app.drain().await
}

/// An order as the rules have it.
struct Order<'a> {
    app: &'a TestApp,
    vendor: &'a Vendor,
    state: RequestState,
    hours: i64,
    real: vendor_request::Model,
    simulated: VendorRequestId,
}

/// One order, real and simulated.
async fn live(
    app: &TestApp,
    ground: &Ground,
    vendor: &Vendor,
    (number, steps): (usize, &[Step]),
) -> Result<()> {
    let of = ground.ordered(&format!("c{number}@example.com")).await?;
    let path = ground.open(of, "NEW_INSTALL", json!({})).await?;
    let real = vendor.waits(of, RequestType::NetNew).await?;
    let work = vendor_work(vendor, true);
    let simulated = vendors::simulate(&work, Simulated::default()).await?.request.id;
    work.commit().await?;
    let mut order = Order { app, vendor, state: RequestState::Open, hours: 0, real, simulated };
    for step in steps {
        settle(app).await?;
        order.take(*step).await.with_context(|| format!("{step:?}"))?;
        order.check().await.with_context(|| format!("after {step:?}"))?;
    }
    settle(app).await?;
    if order.state == RequestState::Open {
        let request = ground.caller.get(&path).await?.json()["data"].take();
        ensure!(request["status"] == "IN_PROGRESS", "{request}");
        order.take(Step::Success { of_first: false }).await?;
    }
    // What the sweeper does in its time.
    provisioning::find_orphans(&app.kernel).await?;
    vendors::expire_overdue(&app.kernel).await?;
    let expected = if order.state == RequestState::Succeeded { "COMPLETED" } else { "FAILED" };
    let request = until("the partner sees how it ended", PATIENCE, async || {
        // What may have been done is taken back at the vendor's, who agrees.
        let undo = vendor.orders(of).await?.pop();
        let undo = undo.filter(|it| it.kind == RequestType::Deprovision && it.state == RequestState::Open);
        if let Some(undo) = undo {
            vendor.answer(&undo, done()).await?;
        }
        let request = ground.caller.get(&path).await?.json()["data"].take();
        Ok((request["status"] != "IN_PROGRESS").then_some(request))
    })
    .await?;
    ensure!(request["status"] == expected, "{request}");
    order.check().await
}

/// Waits until no job runs or is due: then the clock can be moved, and no lease runs out by that.
async fn settle(app: &TestApp) -> Result<()> {
    until("no job is due", PATIENCE, async || {
        let open = job::Entity::find().filter(job::Column::FinishedAt.is_null());
        let (open, now) = (open.all(app.kernel.db.reader()).await?, app.clock.now());
        let is_due = |job: &job::Model| job.state == JobState::Running || job.run_at <= now;
        Ok((!open.iter().any(is_due)).then_some(()))
    })
    .await
}

fn vendor_work(vendor: &Vendor, sandbox: bool) -> UnitOfWork {
    let actor = Actor { sandbox, ..Actor::system(vendor.organization) };
    UnitOfWork::new(vendor.kernel.clone(), actor)
}

impl Order<'_> {
    /// What is open takes it, on both sides; what is decided refuses it.
    async fn take(&mut self, step: Step) -> Result<()> {
        let is_open = self.state == RequestState::Open;
        match step {
            // What goes on after the end is not to lose its lease.
            Step::Hours(_) if !is_open => return Ok(()),
            Step::Hours(hours) => {
                self.app.clock.advance(TimeDelta::hours(hours));
                self.hours += hours;
                if self.hours >= 72 {
                    self.state = RequestState::Failed;
                }
                return Ok(());
            }
            Step::Cancel => {
                if is_open {
                    self.app.cancel(self.real.waiting_job.context("a job")?).await?;
                    let work = vendor_work(self.vendor, true);
                    vendors::give_up(&work, self.simulated, "it was cancelled").await?;
                    work.commit().await?;
                    self.state = RequestState::Failed;
                }
                return Ok(());
            }
            _ => {}
        }
        for (id, sandbox) in [(self.real.id, false), (self.simulated, true)] {
            let work = vendor_work(self.vendor, sandbox);
            match ask(&work, id, step).await {
                Ok(()) => {
                    ensure!(is_open, "it was taken, but {:?}", self.state);
                    work.commit().await?;
                }
                Err(Error::Conflict { message, .. }) => {
                    ensure!(!is_open, "{message}");
                    work.rollback().await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        if is_open && matches!(step, Step::Success { .. }) {
            self.state = RequestState::Succeeded;
        }
        Ok(())
    }

    /// The two sides have had the same, and neither says anything else than the other. A deadline may not be written yet.
    async fn check(&self) -> Result<()> {
        let (real, simulated) = (self.seen(self.real.id).await?, self.seen(self.simulated).await?);
        ensure!(real.1 == simulated.1, "{real:?}, {simulated:?}");
        for (state, _) in [real, simulated] {
            let is_unwritten = state == RequestState::Open && self.state == RequestState::Failed;
            ensure!(state == self.state || is_unwritten, "{state:?} instead of {:?}", self.state);
        }
        Ok(())
    }

    /// What is kept: how it stands, and how many details, attempts and results there are.
    async fn seen(&self, id: VendorRequestId) -> Result<(RequestState, [u64; 3])> {
        let db = self.app.kernel.db.reader();
        let request = vendor_request::Entity::find_by_id(id).one(db).await?.context("the request")?;
        let counts = [
            vendor_detail::Entity::of(id).count(db).await?,
            vendor_attempt::Entity::of(id).count(db).await?,
            vendor_result::Entity::of(id).count(db).await?,
        ];
        Ok((request.state, counts))
    }
}

async fn ask(work: &UnitOfWork, id: VendorRequestId, step: Step) -> platform::Result<()> {
    let (result, of_first) = match step {
        Step::Details => return requests::correct(work, id, RawJson::default()).await.map(drop),
        Step::Attempt => return attempts::retry(work, id).await.map(drop),
        Step::Fail { of_first } => (refused("not yet"), of_first),
        Step::Success { of_first } => (done(), of_first),
        Step::Cancel | Step::Hours(_) => return Ok(()),
    };
    let attempt = if of_first { first_attempt(work, id).await? } else { None };
    results::post(work, id, results::NewResult { attempt, ..result }).await.map(drop)
}

async fn first_attempt(work: &UnitOfWork, id: VendorRequestId) -> platform::Result<Option<VendorAttemptId>> {
    let all = vendor_attempt::Entity::of(id).all(work.kernel.db.reader()).await?;
    Ok(all.into_iter().find(|attempt| attempt.number == 1).map(|attempt| attempt.id))
}
