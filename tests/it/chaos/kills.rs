//! Worker processes are killed at random times while many installations and an import run: everything completes, once.
//! `tests/drills/kills.sh` does the same in full size.

use crate::{
    app::{Pairing, both, csv},
    provisioning::{Ground, Platform, Subscribed, Supplies},
};
use anyhow::{Context, Result, ensure};
use entities::{
    job::{self, JobState},
    provisioning_request::{self, RequestStatus},
};
use futures::{StreamExt, TryStreamExt, stream};
use harness::{Process, until};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    env,
    time::{Duration, Instant},
};

both!(installations_and_an_import_outlive_random_kills);

/// How long it may take, with all that is done to it.
const LONG: Duration = Duration::from_mins(20);

/// The size of the drill, of which the environment may make another.
struct Size {
    kills: u32,
    span: Duration,
    installations: usize,
    rows: usize,
    lease: &'static str,
}

impl Size {
    fn wanted() -> Self {
        let number = |name: &str, usual: u32| {
            env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
        };
        let kills = number("DRILL_KILLS", 20);
        Self {
            kills,
            span: Duration::from_secs(number("DRILL_SECONDS", 20).into()),
            installations: number("DRILL_INSTALLATIONS", 60) as usize,
            rows: number("DRILL_ROWS", 4_000) as usize,
            // In full size, leases are as they are by default.
            lease: if kills > 50 { "15s" } else { "2s" },
        }
    }
}

async fn installations_and_an_import_outlive_random_kills(pairing: Pairing) -> Result<()> {
    let size = Size::wanted();
    let supplies = Supplies { pools: &["10.0.0.0/20", "2001:db8::/48"], onts: size.installations };
    let more = [
        ("SWITCHYARD_WORKER_LEASE", size.lease),
        ("SWITCHYARD_WORKER_LOST_LEASES", "3"),
        ("SWITCHYARD_JOBS_PROVISIONING_RETRY", "1s,5s,30s"),
        ("SWITCHYARD_BULK_ROWS_PER_CHUNK", "200"),
    ];
    let platform = Platform::with(pairing, supplies, &more).await?;
    let (import, mut processes, api) = accepted(&platform, pairing, &size).await?;
    let began = Instant::now();
    kill(&platform, pairing, &size, &mut processes).await?;
    let killed = began.elapsed();
    let left = platform.completed().await?;
    let job = done(&platform.ground, &import, size.installations).await?;
    println!(
        "{pairing:?}: {} kills in {killed:.0?}; {left} of {} installations were done by then, all {:.0?} later; {}",
        size.kills,
        size.installations,
        began.elapsed().saturating_sub(killed),
        losses(&platform.ground).await?,
    );
    ensure!(job["status"] == "COMPLETED" && job["progress"]["succeeded"] == size.rows, "{job}");
    once(&platform, &size).await?;
    drop((processes, api));
    Ok(())
}

/// All is accepted by a process that is not killed meanwhile. Embedded it is then; scaled it goes on as the api.
async fn accepted(
    platform: &Platform,
    pairing: Pairing,
    size: &Size,
) -> Result<(String, Vec<Process>, Option<Process>)> {
    let first = if pairing == Pairing::Embedded {
        platform.start("before").await?
    } else {
        let api = platform.spawn("serve", &[])?;
        api.wait_for_line("listening on", LONG).await?;
        api
    };
    let ground = &platform.ground;
    let emails: Vec<_> = (0..size.installations).map(|number| format!("own{number}@example.com")).collect();
    // Embedded, one process accepts and works: a caller who is told to come back does.
    let subscribed = |email: String| async move {
        until("it is accepted", LONG, async || Ok(ground.subscribed(&email).await.ok())).await
    };
    let all: Vec<Subscribed> = stream::iter(emails).map(subscribed).buffer_unordered(4).try_collect().await?;
    let open = |of: Subscribed| async move {
        until("it is accepted", LONG, async || Ok(ground.open(of, "NEW_INSTALL", json!({})).await.ok())).await
    };
    let opened: Vec<String> = stream::iter(all).map(open).buffer_unordered(4).try_collect().await?;
    ensure!(opened.len() == size.installations);
    let answer = ground.caller.post_text("/api/v1/bulk/customers/file", "text/csv", csv(size.rows)).await?;
    ensure!(answer.status == 202, "{answer:?}");
    let import = answer.json()["data"]["id"].as_str().context("an id")?.to_owned();
    if pairing == Pairing::Embedded {
        return Ok((import, vec![first], None));
    }
    Ok((import, vec![platform.spawn("work", &[])?, platform.spawn("work", &[])?], Some(first)))
}

/// Kills one of the processes at a time, at random times, and starts another at once.
async fn kill(platform: &Platform, pairing: Pairing, size: &Size, processes: &mut [Process]) -> Result<()> {
    let command = if pairing == Pairing::Embedded { "up" } else { "work" };
    let mean = size.span / size.kills;
    for number in 0..size.kills as usize {
        tokio::time::sleep(mean.mul_f64(2.0 * platform::retry::random())).await;
        let place = number % processes.len();
        processes[place].sigkill();
        processes[place].wait_exit(LONG).await?;
        processes[place] = platform.spawn(command, &[])?;
    }
    Ok(())
}

/// The import as it ended, once all else has ended too.
async fn done(ground: &Ground, import: &str, installations: usize) -> Result<Value> {
    let db = ground.kernel.db.reader();
    until("all requests have ended", LONG, async || {
        let open = provisioning_request::Entity::find().filter(
            provisioning_request::Column::Status.is_in([RequestStatus::Pending, RequestStatus::InProgress]),
        );
        Ok((open.count(db).await? == 0).then_some(()))
    })
    .await?;
    let failed = provisioning_request::Entity::find()
        .filter(provisioning_request::Column::Status.ne(RequestStatus::Completed))
        .all(db)
        .await?;
    ensure!(failed.is_empty(), "{} of {installations} failed: {:?}", failed.len(), failed.first());
    until("the import has ended", LONG, async || {
        let answer = ground.caller.get(&format!("/api/v1/bulk/jobs/{import}")).await;
        let job =
            answer.ok().filter(|answer| answer.status == 200).map(|answer| answer.json()["data"].take());
        Ok(job.filter(|job| !job["completedAt"].is_null()))
    })
    .await
}

async fn losses(ground: &Ground) -> Result<String> {
    let all =
        job::Entity::find().filter(job::Column::LostLeases.gt(0)).all(ground.kernel.db.reader()).await?;
    let lost: i32 = all.iter().map(|job| job.lost_leases).sum();
    let most = all.iter().map(|job| job.lost_leases).max().unwrap_or(0);
    let quarantined = all.iter().filter(|job| job.state == JobState::Quarantined).count();
    Ok(format!("{lost} leases lost by {} jobs, {most} by one; {quarantined} quarantined", all.len()))
}

async fn once(platform: &Platform, size: &Size) -> Result<()> {
    let (ground, many) = (&platform.ground, size.installations as u64);
    let requests =
        provisioning_request::Entity::of(ground.organization).all(ground.kernel.db.reader()).await?;
    let addresses: BTreeSet<_> = requests.iter().filter_map(|it| it.ipv4.as_deref()).collect();
    let boxes: BTreeSet<_> = requests.iter().filter_map(|it| it.ont_id.as_deref()).collect();
    assert_eq!(
        (addresses.len(), boxes.len()),
        (size.installations, size.installations),
        "nobody shares anything"
    );
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (2 * many, many));
    for kind in ["provisioning.started", "provisioning.completed", "subscription.activated", "ont.assigned"] {
        assert_eq!(platform.events(kind).await?, many, "{kind}");
    }
    let customers = entities::customer::Entity::find().count(ground.kernel.db.reader()).await?;
    assert_eq!(customers, size.rows as u64 + many, "each row once");
    assert_eq!(platform.events("customer.created").await?, customers);
    Ok(())
}
