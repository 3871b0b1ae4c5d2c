//! Single published events: with PostgreSQL their deliveries exist when the post returns, unless other events are
//! queued.

use super::fanned_out::platform;
use crate::app::{Caller, Hook, Pairing, Receiver, TestApp};
use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    endpoint_health,
    ids::{EndpointId, OrganizationId},
    job::{self, JobState},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};

/// Fans out what is queued: what is published afterwards is alone.
pub(super) async fn fan_out(app: &TestApp, organization: OrganizationId) -> Result<usize> {
    let done = webhooks::fan_out(&app.kernel.db, organization, &|_| true, true, app.clock.now()).await?;
    Ok(done.events.len())
}

/// The jobs of endpoints that are open.
async fn open(app: &TestApp) -> Result<Vec<job::Model>> {
    let of = job::Entity::find().filter(job::Column::Kind.eq("webhook_delivery"));
    Ok(of.filter(job::Column::FinishedAt.is_null()).all(app.kernel.db.reader()).await?)
}

/// The numbers that wait at an endpoint.
async fn waiting(caller: &Caller, hook: &Hook) -> Result<Vec<u64>> {
    let attempts = caller.attempts_when(hook, "they are listed", |_| true).await?;
    let mut numbers: Vec<_> = attempts.iter().filter_map(|one| one["sequence"].as_u64()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

async fn put_off(app: &TestApp, row: job::Model, to: DateTime<Utc>) -> Result<()> {
    let mut row = row.into_active_model();
    (row.run_at, row.state) = (Set(to), Set(JobState::Retrying));
    row.update(app.kernel.db.writer()).await?;
    Ok(())
}

#[tokio::test]
async fn a_lone_event_has_its_deliveries_and_their_jobs_at_once() -> Result<()> {
    let (mut app, caller, hook, organization) = platform(Pairing::Scaled).await?;
    let second = caller.hook(&Receiver::start().await?, json!({})).await?;
    let other = caller.hook(&Receiver::start().await?, json!({ "customEvents": ["meter.replaced"] })).await?;
    let paused = caller.hook(&Receiver::start().await?, json!({})).await?;
    caller.tell(&paused, "pause").await?;
    fan_out(&app, organization).await?;
    caller.publish_many(3).await?;
    assert_eq!(fan_out(&app, organization).await?, 0, "none was queued");
    for (hook, expected) in [(&hook, 3), (&second, 3), (&other, 0), (&paused, 3)] {
        assert_eq!(waiting(&caller, hook).await?, (1..=expected).collect::<Vec<_>>());
    }
    let jobs = open(&app).await?;
    let mut endpoints: Vec<_> = jobs.iter().map(|job| job.payload["endpoint"].clone()).collect();
    endpoints.sort_unstable_by_key(Value::to_string);
    let mut expected = [&hook, &second].map(|hook| json!(hook.id.parse::<EndpointId>().unwrap()));
    expected.sort_unstable_by_key(Value::to_string);
    assert_eq!(endpoints, expected, "one each, none for the paused one");
    app.stop_workers().await
}

#[tokio::test]
async fn what_is_published_behind_others_is_numbered_behind_them() -> Result<()> {
    let (mut app, caller, hook, organization) = platform(Pairing::Scaled).await?;
    caller.publish_many(2).await?;
    assert_eq!(waiting(&caller, &hook).await?, Vec::<u64>::new(), "behind that of the registration");
    assert_eq!(fan_out(&app, organization).await?, 3);
    // For a moment it is not tried again whether one is alone.
    app.clock.advance(TimeDelta::seconds(1));
    caller.publish_many(1).await?;
    assert_eq!(waiting(&caller, &hook).await?, [1, 2, 3]);
    app.stop_workers().await
}

#[tokio::test]
async fn while_a_breaker_is_open_events_take_the_long_way() -> Result<()> {
    let (mut app, caller, hook, organization) = platform(Pairing::Scaled).await?;
    fan_out(&app, organization).await?;
    let until = app.clock.now() + TimeDelta::seconds(30);
    let health = endpoint_health::ActiveModel {
        endpoint_id: Set(hook.id.parse()?),
        failures: Set(10),
        opened: Set(1),
        closed_until: Set(Some(until)),
        ..Default::default()
    };
    health.update(app.kernel.db.writer()).await?;
    caller.publish_many(1).await?;
    assert_eq!(waiting(&caller, &hook).await?, Vec::<u64>::new());
    assert_eq!(fan_out(&app, organization).await?, 1);
    app.stop_workers().await
}

#[tokio::test]
async fn a_job_that_waits_for_a_retry_is_moved_forward() -> Result<()> {
    let (mut app, caller, _, organization) = platform(Pairing::Scaled).await?;
    fan_out(&app, organization).await?;
    caller.publish_many(1).await?;
    let job = open(&app).await?.pop().context("no job")?;
    let later = app.clock.now() + TimeDelta::hours(2);
    put_off(&app, job.clone(), later).await?;
    caller.publish_many(1).await?;
    assert!(open(&app).await?.pop().context("no job")?.run_at < later);
    // One that was put off unseen is found by the sweeper.
    put_off(&app, job, later).await?;
    let transaction = app.kernel.db.begin().await?;
    assert_eq!(webhooks::find_orphans(&transaction, app.clock.now()).await?.len(), 1);
    transaction.commit().await?;
    let all = open(&app).await?;
    assert!(all.len() == 1 && all[0].run_at < later, "{all:?}");
    app.stop_workers().await
}
