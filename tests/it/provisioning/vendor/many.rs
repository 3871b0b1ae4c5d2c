//! Very many waiting orders.

use super::fixtures::{Vendor, done};
use crate::{
    app::{Pairing, TestApp, both},
    provisioning::{Ground, Subscribed},
};
use anyhow::{Context, Result};
use engine::jobs::Job;
use entities::{
    customer::{self, Address, CustomerStatus, CustomerType},
    ids::{CustomerId, SubscriptionId},
    job::{self, JobState},
    plan::{Provisioner, standard},
    provisioning_request::RequestType as Asked,
    subscription::{self, SubscriptionStatus},
    vendor_request::{self, RequestState},
};
use futures::future::try_join_all;
use harness::until;
use isp::{
    payloads::Provisioning,
    provisioning::{NewRequest, OpenBatcher},
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};
use std::{collections::BTreeMap, time::Duration};

both!(two_thousand_wait_and_nobody_polls);

const MANY: usize = 2_000;

/// All are ordered within this, on a slow machine.
const LONG: Duration = Duration::from_mins(5);

async fn two_thousand_wait_and_nobody_polls(pairing: Pairing) -> Result<()> {
    let supplies = crate::provisioning::Supplies { pools: &["10.0.0.0/20", "2001:db8::/48"], onts: MANY };
    let (mut app, ground) = Ground::app(pairing, supplies, |settings| {
        // Beside many other tests, nothing is to be tried again only since the machine is slow.
        settings.worker.lease = LONG;
        let jobs = settings.jobs.get_mut("provisioning").expect("a section a kind");
        (jobs.retry, jobs.timeout) = (vec![Duration::from_millis(100); 50], LONG);
    })
    .await?;
    let vendor = Vendor::of(&ground).await?;
    let before = resident()?;
    let all = subscribed(&ground, &vendor).await?;
    let openings = OpenBatcher::start(&app.kernel);
    try_join_all(all.iter().map(|of| open(&ground, &openings, *of))).await?;
    until("all wait", LONG, async || {
        let waiting = waiting(&app).await?;
        Ok((waiting == MANY as u64).then_some(()))
    })
    .await
    .context(standing(&app).await?)?;
    let after = resident()?;

    // The reconciler goes round five times, and finds nothing to do.
    let started = attempts(&app).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((waiting(&app).await?, attempts(&app).await?), (MANY as u64, started));
    let depth = app.kernel.transport.depth(Provisioning::KIND.as_str()).await?;
    assert_eq!((depth.ready, depth.delayed), (0, MANY as u64));
    if pairing == Pairing::Scaled {
        let bytes = in_redis(&app)?;
        println!("{} bytes of Redis for each of {MANY}", bytes / MANY as u64);
        assert!(bytes / (MANY as u64) < 1024, "{bytes} bytes for {MANY}");
    }
    println!("the process grew by {} KiB, all that was done included", after.saturating_sub(before) / 1024);

    // An answered request continues immediately, whatever the others wait for.
    for of in &all[..3] {
        let order = vendor.orders(*of).await?.pop().context("an order")?;
        vendor.answer(&order, done()).await?;
        until("it is active", LONG, async || {
            let status = ground.subscription(*of).await?.status;
            Ok((status == SubscriptionStatus::Active).then_some(()))
        })
        .await?;
    }
    assert_eq!(waiting(&app).await?, MANY as u64 - 3);
    app.stop_workers().await
}

/// How the jobs stand: how many of each kind, state and attempt.
async fn standing(app: &TestApp) -> Result<String> {
    let jobs = job::Entity::find().all(app.kernel.db.reader()).await?;
    let mut counts = BTreeMap::new();
    for job in jobs {
        let error = job.last_error.unwrap_or_default();
        *counts.entry((job.kind, job.state.as_str(), job.attempt, error)).or_insert(0) += 1;
    }
    Ok(format!("{counts:#?}"))
}

/// How often the jobs were started, all together.
async fn attempts(app: &TestApp) -> Result<i64> {
    let jobs = job::Entity::find().filter(job::Column::Kind.eq(Provisioning::KIND.as_str()));
    let jobs = jobs.all(app.kernel.db.reader()).await?;
    Ok(jobs.iter().map(|job| i64::from(job.attempt)).sum())
}

/// Jobs that wait for the vendor's answer, and that nobody holds.
async fn waiting(app: &TestApp) -> Result<u64> {
    let open = vendor_request::Entity::find().filter(vendor_request::Column::State.eq(RequestState::Open));
    let open = open.count(app.kernel.db.reader()).await?;
    let waiting = job::Entity::find()
        .filter(job::Column::Kind.eq(Provisioning::KIND.as_str()))
        .filter(job::Column::State.eq(JobState::Queued))
        .filter(job::Column::Attempt.gt(0))
        .filter(job::Column::LeaseUntil.is_null())
        .filter(job::Column::RunAt.gt(app.clock.now()));
    Ok(waiting.count(app.kernel.db.reader()).await?.min(open))
}

async fn open(ground: &Ground, openings: &OpenBatcher, of: Subscribed) -> Result<()> {
    let work = ground.work();
    let new = NewRequest {
        customer: of.customer,
        subscription: of.id,
        kind: Asked::NewInstall,
        scheduled: None,
        notes: None,
        metadata: None,
    };
    openings.open(&work, new).await?;
    Ok(work.commit().await?)
}

/// What the keys of the queue take, all their members counted.
fn in_redis(app: &TestApp) -> Result<u64> {
    let (prefix, kind) = (&app.kernel.settings.redis.prefix, Provisioning::KIND.as_str());
    let redis = &harness::shared().redis;
    ["ready:0", "ready:1", "ready:2", "delayed", "turns"]
        .iter()
        .map(|part| redis.memory_of(&format!("{{{prefix}:{kind}}}:{part}")))
        .sum()
}

/// What this process has in memory, in bytes.
fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? * 1024)
}

async fn subscribed(ground: &Ground, vendor: &Vendor) -> Result<Vec<Subscribed>> {
    let (db, now, organization_id) =
        (ground.kernel.db.writer(), ground.kernel.clock.now(), ground.organization);
    let all: Vec<_> =
        (0..MANY).map(|_| Subscribed { customer: CustomerId::new(), id: SubscriptionId::new() }).collect();
    let customer = |of: &Subscribed| customer::Model {
        id: of.customer,
        organization_id,
        email: format!("{}@example.com", of.customer),
        email_key: format!("{}@example.com", of.customer),
        first_name: "John".into(),
        last_name: "Doe".into(),
        phone: None,
        kind: CustomerType::Individual,
        company_name: None,
        status: CustomerStatus::Active,
        service_address: Address {
            street1: "123 Main Street".into(),
            street2: None,
            city: "Escondido".into(),
            state: "CA".into(),
            zip: "92025".into(),
            country: "US".into(),
        },
        billing_address: None,
        metadata: None,
        created_at: now,
        updated_at: now,
    };
    let subscription = |of: &Subscribed| subscription::Model {
        id: of.id,
        organization_id,
        customer_id: of.customer,
        plan_id: standard::RESIDENTIAL_500,
        status: SubscriptionStatus::Pending,
        monthly_cents: 7_999,
        activation_cents: 4_900,
        provisioner: Provisioner::Vendor,
        vendor_provisioner_id: Some(vendor.provisioner),
        external_ids: None,
        sandbox: false,
        promotion: None,
        starts_at: None,
        already_installed: false,
        started_at: None,
        ended_at: None,
        resume_at: None,
        reason: None,
        metadata: None,
        created_at: now,
        updated_at: now,
    };
    for some in all.chunks(500) {
        let customers = some.iter().map(|of| customer(of).into_active_model());
        customer::Entity::insert_many(customers).exec(db).await?;
        let subscriptions = some.iter().map(|of| subscription(of).into_active_model());
        subscription::Entity::insert_many(subscriptions).exec(db).await?;
    }
    Ok(all)
}
