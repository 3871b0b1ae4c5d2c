//! Many new installations at the same time, some of them not on the fast path.

use super::{
    Ground,
    fixtures::{PLENTY, Subscribed, Supplies},
};
use crate::{
    app::{PATIENCE, Pairing, TestApp, both},
    contracts::partner,
};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use engine::ledger::{self, JobLease};
use entities::{
    customer, event, job,
    provisioning_request::{self, RequestStatus},
    provisioning_step::{self, StepState},
    subscription::SubscriptionStatus,
};
use futures::future::{try_join, try_join_all};
use harness::until;
use isp::provisioning::{self, Attempt, Ending};
use kernel::{UnitOfWork, events::Actor};
use reqwest::StatusCode;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, Statement,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};
use tokio::time::timeout;

both!(a_round_does_the_usual_and_leaves_the_rest, of_200_at_once_each_ends_as_it_would_alone,);

async fn events(app: &TestApp, kind: &str) -> Result<u64> {
    let of = event::Entity::find().filter(event::Column::Kind.eq(kind));
    Ok(of.count(app.kernel.db.reader()).await?)
}

/// A customer where nothing is served.
async fn outside(ground: &Ground, email: &str) -> Result<Subscribed> {
    let mut customer = partner::customer(email);
    customer["serviceAddress"]["city"] = json!("San Diego");
    ground.subscribed_at(customer).await
}

/// Requests that wait until tomorrow; where each is.
async fn open(app: &TestApp, ground: &Ground, all: &[Subscribed]) -> Result<Vec<String>> {
    let at = (app.clock.now() + TimeDelta::days(1)).to_rfc3339();
    let more = json!({ "scheduledDate": at });
    try_join_all(all.iter().map(async |of| ground.open(*of, "NEW_INSTALL", more.clone()).await)).await
}

/// Attempts of all requests, with manually started jobs.
async fn started(app: &TestApp, ground: &Ground) -> Result<Vec<Attempt>> {
    let db = app.kernel.db.writer();
    let mut requests = provisioning_request::Entity::of(ground.organization).all(db).await?;
    requests.reverse();
    let jobs: Vec<_> = requests.iter().map(|request| request.job_id).collect();
    let later = app.clock.now() + TimeDelta::days(2);
    ledger::start(db, &jobs, "by hand", Duration::from_hours(1), later).await?;
    let attempt = |request: &provisioning_request::Model| Attempt {
        request: request.id,
        held: JobLease { id: request.job_id, attempt: 1 },
        actor: Actor::job(ground.organization, request.job_id, None),
    };
    Ok(requests.iter().map(attempt).collect())
}

async fn a_round_does_the_usual_and_leaves_the_rest(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, Supplies { onts: 3, ..PLENTY }, |_| {}).await?;
    let mut all = vec![outside(&ground, "outside@example.com").await?];
    for name in ["a", "b", "c", "d", "e"] {
        all.push(ground.subscribed(&format!("{name}@example.com")).await?);
    }
    let paths = open(&app, &ground, &all).await?;
    ground.set_status(all[1], SubscriptionStatus::Cancelled).await?;
    let attempts = started(&app, &ground).await?;
    let work = UnitOfWork::for_batch(app.kernel.clone(), Actor::platform());
    let plans = provisioning::begin_each(&work, &attempts).await?;
    work.commit().await?;
    // Of the four that could be installed three have got a box, and what was taken for the fourth is put back.
    assert_eq!(plans.len(), 3);
    assert!(plans.values().all(|plan| plan.request.attempt == 1 && plan.after.is_some()));
    assert!(plans.values().all(|plan| ![all[0].id, all[1].id].contains(&plan.request.subscription_id)));
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (6, 3));
    // Again, there is nothing to begin.
    assert!(provisioning::begin_each(&work, &attempts).await?.is_empty());
    work.rollback().await?;
    let ending = |attempt: &Attempt| {
        let plan = plans.get(&attempt.request)?.clone();
        Some(Ending { plan, held: attempt.held, actor: attempt.actor.clone() })
    };
    let mut endings: Vec<_> = attempts.iter().filter_map(ending).collect();
    // One is cancelled meanwhile, and of one another attempt has begun.
    ground.set_status(of(&all, &endings[0])?, SubscriptionStatus::Cancelled).await?;
    endings[1].held.attempt = 0;
    let done = provisioning::complete_each(&work, &endings).await?;
    assert_eq!(done, [endings[2].held]);
    assert!(ledger::lock(&work.transaction().await?, &done).await?);
    assert!(!ledger::lock(&work.transaction().await?, &[endings[1].held]).await?);
    work.commit().await?;
    let installed = of(&all, &endings[2])?;
    assert_eq!(ground.subscription(installed).await?.status, SubscriptionStatus::Active);
    let ips = ground.ips(installed).await?;
    assert!(ips.len() == 2 && ips.iter().all(|(_, status)| status == "ACTIVE"), "{ips:?}");
    for (kind, count) in [("provisioning.started", 3), ("provisioning.completed", 1), ("ip.allocated", 2)] {
        assert_eq!(events(&app, kind).await?, count, "{kind}");
    }
    // The others go on alone.
    let held: Vec<_> = attempts.iter().map(|attempt| attempt.held).collect();
    let released = ledger::release(app.kernel.db.writer(), &held, app.clock.now()).await?;
    released.push(&*app.kernel.transport).await;
    let ended = try_join_all(paths.iter().map(|path| ground.ended(path))).await?;
    let completed = ended.iter().filter(|it| it["status"] == "COMPLETED").count() as u64;
    // The ONT of the cancelled one is released, in time for another or not.
    assert!(completed == 2 || completed == 3, "{ended:?}");
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (2 * completed, completed));
    app.drain().await
}

fn of(all: &[Subscribed], ending: &Ending) -> Result<Subscribed> {
    let id = ending.plan.request.subscription_id;
    all.iter().find(|of| of.id == id).copied().context("a subscription")
}

/// 150 boxes for 170 who could be installed; 20 live elsewhere; 10 have cancelled since.
/// Before the end of an installation is committed nobody else sees that there is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_again_while_an_installation_ends_waits_for_its_end() -> Result<()> {
    let (mut app, ground) = Ground::app(Pairing::Scaled, PLENTY, |_| {}).await?;
    let all = [ground.subscribed("a@example.com").await?];
    open(&app, &ground, &all).await?;
    let attempts = started(&app, &ground).await?;
    let work = UnitOfWork::for_batch(app.kernel.clone(), Actor::platform());
    let plans = provisioning::begin_each(&work, &attempts).await?;
    work.commit().await?;
    let Attempt { request, held, actor } = attempts[0].clone();
    let ending = Ending { plan: plans[&request].clone(), held, actor };
    assert_eq!(provisioning::complete_each(&work, &[ending]).await?, [held]);
    let end = async {
        somebody_waits_for_a_lock(&app).await?;
        Ok(work.commit().await?)
    };
    let body = all[0].asking("NEW_INSTALL", &json!({}));
    let (answer, ()) = try_join(ground.caller.post("/api/v1/provisioning", &body), end).await?;
    let faults = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR")["errors"].take();
    assert!(faults[0]["message"].as_str().unwrap().contains("installed already"), "{faults}");
    assert_eq!(app.count("provisioning_requests").await?, 1);
    app.stop_workers().await
}

/// A foreign key locks the customer, whom a payment, for one, holds meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_waits_for_no_customer() -> Result<()> {
    let (mut app, ground) = Ground::app(Pairing::Scaled, PLENTY, |_| {}).await?;
    let all = [ground.subscribed("a@example.com").await?, ground.subscribed("b@example.com").await?];
    open(&app, &ground, &all).await?;
    let attempts = started(&app, &ground).await?;
    let work = UnitOfWork::for_batch(app.kernel.clone(), Actor::platform());
    let mut plans = HashMap::new();
    for held in [Some(all[0].customer), None] {
        let payment = app.kernel.db.begin().await?;
        if let Some(customer) = held {
            customer::Entity::find_by_id(customer).lock_exclusive().one(&payment).await?;
        }
        let begun = timeout(PATIENCE, provisioning::begin_each(&work, &attempts)).await??;
        work.commit().await?;
        payment.rollback().await?;
        let expected = if held.is_some() { all[1].id } else { all[0].id };
        assert_eq!(begun.values().map(|plan| plan.request.subscription_id).collect::<Vec<_>>(), [expected]);
        plans.extend(begun);
    }
    let ending = |Attempt { request, held, actor }: &Attempt| Ending {
        plan: plans[request].clone(),
        held: *held,
        actor: actor.clone(),
    };
    let endings: Vec<_> = attempts.iter().map(ending).collect();
    let payment = app.kernel.db.begin().await?;
    customer::Entity::find_by_id(all[0].customer).lock_exclusive().one(&payment).await?;
    let done = timeout(PATIENCE, provisioning::complete_each(&work, &endings)).await??;
    let other =
        endings.iter().find(|it| it.plan.request.subscription_id == all[1].id).context("the other")?;
    assert_eq!(done, [other.held]);
    work.rollback().await?;
    payment.rollback().await?;
    app.stop_workers().await
}

async fn somebody_waits_for_a_lock(app: &TestApp) -> Result<()> {
    let sql = "select 1 as one from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'";
    until("somebody waits", PATIENCE, async || {
        let reader = app.kernel.db.reader();
        let statement = Statement::from_string(reader.get_database_backend(), sql);
        Ok(reader.query_one_raw(statement).await?.map(drop))
    })
    .await
}

async fn of_200_at_once_each_ends_as_it_would_alone(pairing: Pairing) -> Result<()> {
    let supplies = Supplies { onts: 150, ..PLENTY };
    let (app, ground) = Ground::app(pairing, supplies, |_| {}).await?;
    let mut all = vec![];
    for number in 0..200 {
        let email = format!("user{number}@example.com");
        let is_outside = number % 10 == 0;
        let of = if is_outside { outside(&ground, &email).await? } else { ground.subscribed(&email).await? };
        all.push(of);
    }
    let paths = open(&app, &ground, &all).await?;
    for of in all.iter().skip(1).step_by(20) {
        ground.set_status(*of, SubscriptionStatus::Cancelled).await?;
    }
    app.at_rest().await?;
    app.clock.advance(TimeDelta::days(1));
    let ended = try_join_all(paths.iter().map(|path| ground.ended(path))).await?;
    ended_as_alone(&ended);
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (300, 150));
    for (kind, count) in [
        ("provisioning.started", 200),
        ("provisioning.completed", 150),
        ("provisioning.failed", 50),
        ("subscription.activated", 150),
        ("subscription.updated", 150),
        ("ont.assigned", 150),
        // A request without an ONT releases its addresses.
        ("ip.reserved", 340),
        ("ip.released", 40),
        ("ip.allocated", 300),
    ] {
        assert_eq!(events(&app, kind).await?, count, "{kind}");
    }
    let steps = async |state: StepState| {
        let of = provisioning_step::Entity::find().filter(provisioning_step::Column::State.eq(state));
        of.count(app.kernel.db.reader()).await
    };
    let states = (steps(StepState::Done).await?, steps(StepState::Undone).await?);
    assert_eq!((states, steps(StepState::Pending).await?), ((750, 250), 0));
    let succeeded =
        job::Entity::find().filter(job::Column::Kind.is_in(["provisioning", "provisioning_undo"]));
    let succeeded = succeeded.filter(job::Column::State.eq(job::JobState::Succeeded));
    assert_eq!(succeeded.count(app.kernel.db.reader()).await?, 200);
    let completed = provisioning_request::Entity::find()
        .filter(provisioning_request::Column::Status.eq(RequestStatus::Completed))
        .filter(provisioning_request::Column::CompletedAt.is_not_null());
    assert_eq!(completed.count(app.kernel.db.reader()).await?, 150);
    app.drain().await
}

fn ended_as_alone(ended: &[Value]) {
    let failed = |it: &Value, why: &str| it["notes"].as_str().is_some_and(|it| it.contains(why));
    let why = |why: &str| ended.iter().filter(|it| failed(it, why)).count();
    assert_eq!(why("no ONT is left"), 20);
    assert_eq!(why("is outside of the coverage"), 20);
    assert_eq!(why("the subscription was cancelled"), 10);
    let completed: Vec<_> = ended.iter().filter(|it| it["status"] == "COMPLETED").collect();
    let different = |one: fn(&Value) -> &Value| {
        completed.iter().filter_map(|it| one(it).as_str()).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(different(|it| &it["ipAllocation"]["ipv4"]), 150);
    assert_eq!(different(|it| &it["ipAllocation"]["ipv6"]), 150);
    assert_eq!(different(|it| &it["ontId"]), 150);
}
