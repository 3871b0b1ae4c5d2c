//! The fan-out job: it does not end while events are being queued, and finds events that other runs have processed.

use crate::app::{Hook, Pairing, Receiver, TestApp, allow_loopback, both};
use anyhow::{Context, Result};
use entities::{
    endpoint,
    ids::{EndpointId, OrganizationId},
    job,
};
use kernel::events::{self, Actor, event};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use uuid::Uuid;

both!(
    one_job_is_open_however_many_events_come,
    two_that_fan_out_at_once_make_each_delivery_once,
    a_late_fan_out_delivers_nothing_from_before_a_registration,
);

/// A platform without a worker, with a webhook.
pub(super) async fn platform(
    pairing: Pairing,
) -> Result<(TestApp, crate::app::Caller, Hook, OrganizationId)> {
    let mut app = TestApp::new(pairing, allow_loopback).await?;
    let caller = app.serve().await?;
    let hook = caller.hook(&Receiver::start().await?, json!({})).await?;
    let id: EndpointId = hook.id.parse()?;
    let endpoint = endpoint::Entity::find_by_id(id).one(app.kernel.db.reader()).await?.context("none")?;
    Ok((app, caller, hook, endpoint.organization_id))
}

async fn one_job_is_open_however_many_events_come(pairing: Pairing) -> Result<()> {
    let (mut app, caller, _, _) = platform(pairing).await?;
    caller.publish_many(20).await?;
    assert_eq!(app.jobs_of("webhook_fanout").await?, 1);
    assert_eq!(job::Entity::find().count(app.kernel.db.reader()).await?, 1, "and no other");
    app.stop_workers().await
}

async fn two_that_fan_out_at_once_make_each_delivery_once(pairing: Pairing) -> Result<()> {
    let (mut app, caller, hook, organization) = platform(pairing).await?;
    caller.publish_many(30).await?;
    let (db, now) = (&app.kernel.db, app.clock.now());
    let fan_out = || webhooks::fan_out(db, organization, &|_| true, true, now);
    let (first, second) = tokio::try_join!(fan_out(), fan_out())?;
    let told = first.endpoints.iter().chain(&second.endpoints).flat_map(|told| &told.due);
    let mut numbers: Vec<_> = told.map(|due| due.sequence).collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(1..=30));
    assert_eq!(caller.shown(&hook).await?["backlog"], 30);
    app.stop_workers().await
}

/// Held by this process, the fan-out is one statement in PostgreSQL: one for a lone event, another for several. Not held,
/// it is done in steps.
async fn a_late_fan_out_delivers_nothing_from_before_a_registration(pairing: Pairing) -> Result<()> {
    let (mut app, caller, first, organization) = platform(pairing).await?;
    let mut published = 0;
    for (held, expect_one) in [(true, true), (true, false), (false, false)] {
        // Behind these, in the queue.
        caller.tell(&first, "pause").await?;
        caller.tell(&first, "resume").await?;
        caller.publish_many(2).await?;
        let new = caller.hook(&Receiver::start().await?, json!({})).await?;
        let fan_out = async || {
            let (db, now) = (&app.kernel.db, app.clock.now());
            webhooks::fan_out(db, organization, &|_| held, expect_one, now).await
        };
        fan_out().await?;
        assert_eq!(caller.shown(&new).await?["backlog"], 0, "{held} {expect_one}");
        published += 2;
        assert_eq!(caller.shown(&first).await?["backlog"], published);
        caller.publish_many(1).await?;
        fan_out().await?;
        assert_eq!(caller.shown(&new).await?["backlog"], 1, "{held} {expect_one}");
        published += 1;
        assert_eq!(caller.shown(&first).await?["backlog"], published);
    }
    app.stop_workers().await
}

/// Embedded there is one writer at a time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fan_out_does_not_end_while_somebody_queues_more() -> Result<()> {
    let (mut app, caller, _, organization) = platform(Pairing::Scaled).await?;
    let (db, now) = (&app.kernel.db, app.clock.now());
    caller.publish("meter.read", json!({})).await?;
    webhooks::fan_out(db, organization, &|_| true, true, now).await?;
    let try_close = async || {
        let leaving = db.begin().await?;
        let quiet = events::try_close(&leaving, organization).await?;
        leaving.rollback().await?;
        anyhow::Ok(quiet)
    };
    assert!(try_close().await?);
    let queueing = db.begin().await?;
    let one =
        event(&Actor::system(organization), "ticket.created", ("ticket", Uuid::now_v7()), &json!({}), now)?;
    assert!(events::record(&queueing, &[one]).await?.is_empty(), "the open job is to see to it");
    assert!(!try_close().await?, "not seen yet, and not missed");
    queueing.commit().await?;
    assert!(!try_close().await?, "seen");
    webhooks::fan_out(db, organization, &|_| true, true, now).await?;
    assert!(try_close().await?);
    app.stop_workers().await
}
