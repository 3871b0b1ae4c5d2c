//! Failures: exhausted resources, transient and permanent errors, false acknowledgements.

use super::{
    Ground,
    fixtures::{PLENTY, Supplies},
};
use crate::{
    app::{Pairing, both},
    contracts::partner::customer,
};
use anyhow::{Context, Result};
use entities::{job, job::JobState, plan::Provisioner, provisioning_request, service_area, subscription};
use isp::provisioning::{self, Rollback};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

both!(
    what_there_is_not_enough_of_fails_a_request_which_keeps_nothing,
    outside_of_the_coverage_nothing_is_installed,
    a_plan_that_the_area_does_not_offer_is_not_installed,
    faults_that_pass_are_tried_again,
    what_is_given_up_is_undone,
    what_cannot_be_undone_keeps_what_it_has,
    a_network_that_lies_is_not_believed,
    a_plan_that_names_no_vendor_fails_at_once,
    a_request_whose_job_has_ended_is_undone,
);

fn failed(request: &Value, why: &str) {
    assert_eq!(request["status"], "FAILED", "{request}");
    assert!(request["notes"].as_str().unwrap_or_default().contains(why), "{request}");
    assert!(request["completedDate"].is_null(), "{request}");
}

async fn what_there_is_not_enough_of_fails_a_request_which_keeps_nothing(pairing: Pairing) -> Result<()> {
    let supplies = Supplies { pools: &["198.51.100.8/31"], onts: 1 };
    let (app, ground) = Ground::app(pairing, supplies, |_| {}).await?;
    let one = ground.subscribed("a@example.com").await?;
    ground.completed(one, "NEW_INSTALL").await?;
    // An address is left, and no box.
    let two = ground.subscribed("b@example.com").await?;
    let path = ground.open(two, "NEW_INSTALL", json!({ "notes": "Ring twice" })).await?;
    let request = ground.ended(&path).await?;
    failed(&request, "no ONT is left");
    assert!(request["notes"].as_str().unwrap().starts_with("Ring twice\n"), "{request}");
    assert_eq!((&request["ontId"], &request["ipAllocation"]), (&Value::Null, &Value::Null));
    assert!(ground.ips(two).await?.is_empty());
    // Somebody else has the last address.
    let work = ground.work();
    let wanted = isp::addresses::AllocationRequest {
        owner: uuid::Uuid::now_v7(),
        customer: one.customer,
        family: entities::ip_pool::Family::V4,
        region: super::fixtures::REGION,
    };
    isp::addresses::reserve(&work, wanted).await?;
    work.commit().await?;
    failed(&ground.done(two, "NEW_INSTALL").await?, "no IPv4 address is left in Escondido");
    let pools = ground.caller.get("/api/v1/ip-pools").await?.json();
    assert_eq!(pools["data"][0]["status"], "EXHAUSTED");
    assert_eq!((ground.onts_taken().await?, ground.addresses_taken().await?), (1, 2));
    assert!(ground.network(two).await?.is_none());
    assert_eq!(app.events_of("provisioning.failed").await?.len(), 2);
    app.drain().await
}

async fn outside_of_the_coverage_nothing_is_installed(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let mut far = customer("john@example.com");
    far["serviceAddress"]["city"] = "Sacramento".into();
    let of = ground.subscribed_at(far).await?;
    let request = ground.done(of, "NEW_INSTALL").await?;
    failed(&request, "outside of the coverage");
    let steps = ground.steps(&request).await?;
    assert!(steps.iter().all(|(_, state)| state == "undone"), "{steps:?}");
    assert_eq!(ground.addresses_taken().await?, 0);
    app.drain().await
}

async fn a_plan_that_the_area_does_not_offer_is_not_installed(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let of = ground.subscribed("john@example.com").await?;
    let area = service_area::Entity::find().one(app.kernel.db.reader()).await?.context("the area")?;
    let offer = async |code: &str| {
        let plans = Set(service_area::PlanCodes(vec![code.to_owned()]));
        let row = service_area::ActiveModel { id: Set(area.id), plans, ..Default::default() };
        row.update(app.kernel.db.writer()).await
    };
    offer("RESIDENTIAL_1G").await?;
    let request = ground.done(of, "NEW_INSTALL").await?;
    failed(&request, "is not offered in Escondido 92025");
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (0, 0));
    offer("RESIDENTIAL_500").await?;
    ground.completed(of, "NEW_INSTALL").await?;
    app.drain().await
}

async fn faults_that_pass_are_tried_again(pairing: Pairing) -> Result<()> {
    let faulty = |settings: &mut platform::config::Settings| settings.provisioners.simulator.failures = 3;
    let (app, ground) = Ground::app(pairing, PLENTY, faulty).await?;
    let of = ground.subscribed("john@example.com").await?;
    ground.completed(of, "NEW_INSTALL").await?;
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (2, 1));
    assert_eq!(app.events_of("provisioning.started").await?.len(), 1, "however often it is tried");
    app.drain().await
}

/// Four attempts fail, and the undo goes well.
async fn what_is_given_up_is_undone(pairing: Pairing) -> Result<()> {
    let faulty = |settings: &mut platform::config::Settings| settings.provisioners.simulator.failures = 4;
    let (app, ground) = Ground::app(pairing, PLENTY, faulty).await?;
    let of = ground.subscribed("john@example.com").await?;
    let request = ground.done(of, "NEW_INSTALL").await?;
    failed(&request, "change 4 fails by configuration");
    assert_eq!((&request["ontId"], &request["ipAllocation"]), (&Value::Null, &Value::Null));
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (0, 0));
    let steps = ground.steps(&request).await?;
    assert!(steps.iter().all(|(_, state)| state == "undone"), "{steps:?}");
    assert_eq!(app.events_of("provisioning.completed").await?.len(), 0);
    assert_eq!(app.events_of("provisioning.failed").await?.len(), 1);
    let row =
        provisioning_request::Entity::find().one(app.kernel.db.reader()).await?.context("the request")?;
    assert_eq!(provisioning::rollback(&row).context("its rollback")?.1, Rollback::Done);
    // The network works now, and the released resources serve the next request.
    let request = ground.completed(of, "NEW_INSTALL").await?;
    assert_eq!(
        (&request["ipAllocation"]["ipv4"], &request["ontId"]),
        (&json!("192.0.2.2"), &json!("ont_esc_001"))
    );
    app.drain().await
}

async fn what_cannot_be_undone_keeps_what_it_has(pairing: Pairing) -> Result<()> {
    let dead =
        |settings: &mut platform::config::Settings| settings.provisioners.simulator.failures = 1_000_000;
    let (app, ground) = Ground::app(pairing, PLENTY, dead).await?;
    let of = ground.subscribed("john@example.com").await?;
    let request = ground.done(of, "NEW_INSTALL").await?;
    failed(&request, "it could not be undone");
    let row =
        provisioning_request::Entity::find().one(app.kernel.db.reader()).await?.context("the request")?;
    let (why, rollback) = provisioning::rollback(&row).context("its rollback")?;
    assert!(why.contains("change 4 fails by configuration"), "{why}");
    let Rollback::Failed(problem) = rollback else { panic!("{rollback:?}") };
    assert!(problem.contains("fails by configuration"), "{problem}");
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (2, 1), "it may be in use");
    let of_kinds = job::Entity::find().filter(job::Column::Kind.is_in(["provisioning", "provisioning_undo"]));
    let jobs = of_kinds.all(app.kernel.db.reader()).await?;
    let attempts: Vec<_> = jobs.iter().map(|job| job.attempt).collect();
    assert_eq!(attempts, [4, 4], "to do it, and to undo it");
    app.drain().await
}

async fn a_network_that_lies_is_not_believed(pairing: Pairing) -> Result<()> {
    let lying = |settings: &mut platform::config::Settings| settings.provisioners.simulator.lies = true;
    let (app, ground) = Ground::app(pairing, PLENTY, lying).await?;
    let of = ground.subscribed("john@example.com").await?;
    failed(&ground.done(of, "NEW_INSTALL").await?, "the network differs");
    assert_eq!(app.events_of("provisioning.completed").await?.len(), 0);
    assert_eq!(ground.subscription(of).await?.status, subscription::SubscriptionStatus::Pending);
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (0, 0));
    app.drain().await
}

async fn a_plan_that_names_no_vendor_fails_at_once(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let of = ground.subscribed("john@example.com").await?;
    let row = subscription::ActiveModel {
        id: Set(of.id),
        provisioner: Set(Provisioner::Vendor),
        ..Default::default()
    };
    row.update(app.kernel.db.writer()).await?;
    failed(&ground.done(of, "NEW_INSTALL").await?, "the plan names no provisioner of a vendor");
    assert_eq!(ground.addresses_taken().await?, 0, "nothing was ordered, so nothing is left");
    app.drain().await
}

/// Somebody cancels the job of a request that waits; the request does not wait for ever.
async fn a_request_whose_job_has_ended_is_undone(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let of = ground.subscribed("john@example.com").await?;
    let at = (app.clock.now() + chrono::TimeDelta::days(1)).to_rfc3339();
    let path = ground.open(of, "NEW_INSTALL", json!({ "scheduledDate": at })).await?;
    let of_kind = job::Entity::find().filter(job::Column::Kind.eq("provisioning"));
    let waiting = of_kind.one(app.kernel.db.reader()).await?.expect("its job");
    app.cancel(waiting.id).await?;
    failed(&ground.ended(&path).await?, "cancelled");
    assert_eq!(app.job(waiting.id).await?.state, JobState::Cancelled);
    app.drain().await
}
