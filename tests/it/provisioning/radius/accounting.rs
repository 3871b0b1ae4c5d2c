//! Usage of sessions becomes usage of customers.

use super::{
    super::fixtures::{Ground, PLENTY, Subscribed},
    network::{BEGUN, BRIEF, Network},
};
use crate::app::{PATIENCE, Pairing, both};
use anyhow::Result;
use harness::until;
use isp::usage::{self, Mark, Session};
use kernel::{UnitOfWork, events::Actor};
use serde_json::{Value, json};
use std::time::Duration;

both!(
    sessions_are_counted_once_by_several_processes,
    what_is_broken_off_counts_when_it_is_done_again,
    ended_sessions_are_forgotten_in_time,
);

async fn used(ground: &Ground, of: Subscribed) -> Result<Value> {
    Ok(ground.caller.get(&format!("/api/v1/customers/{}/usage", of.customer)).await?.json()["data"].take())
}

/// Gigabytes each way, and sessions.
fn summed(used: &Value) -> Value {
    let usage = &used["usage"];
    let numbers = [&usage["downloadGB"], &usage["uploadGB"], &used["sessions"]["total"]];
    json!(numbers.map(Value::as_f64))
}

async fn sessions_are_counted_once_by_several_processes(pairing: Pairing) -> Result<()> {
    let often = |settings: &mut platform::config::Settings| {
        settings.provisioners.radius.accounting = Duration::from_millis(20);
    };
    let mut network = Network::new(pairing, BRIEF, often).await?;
    network.app.work();
    network.app.work();
    let of = network.ordered("john@example.com").await?;
    let octets = |out: u64, into: u64, seconds: u64| {
        let (words, rest) = (out >> 32, out & 0xffff_ffff);
        format!(
            "Acct-Output-Gigawords = {words}\nAcct-Output-Octets = {rest}\nAcct-Input-Octets = {into}\n\
             Acct-Session-Time = {seconds}\n"
        )
    };
    let counted = async |expected: Value| {
        until("it is counted", PATIENCE, async || {
            let used = used(&network.ground, of).await?;
            Ok((summed(&used) == expected).then_some(used))
        })
        .await
    };
    network.account(of, "s1", "Start", BEGUN)?;
    counted(json!([0.0, 0.0, 1.0])).await?;
    network.account(of, "s1", "Interim-Update", &octets(1_000_000_000, 200_000_000, 300))?;
    network.radius.account("nobody", "s2", "Stop", &octets(7_000_000_000, 0, 300))?;
    counted(json!([1.0, 0.2, 1.0])).await?;
    network.account(of, "s1", "Interim-Update", &octets(5_000_000_000, 300_000_000, 400))?;
    network.account(of, "s1", "Stop", &octets(6_000_000_000, 400_000_000, 800))?;
    counted(json!([6.0, 0.4, 1.0])).await?;
    // When the next is counted, rounds have gone by that could have counted again.
    network.account(of, "s3", "Stop", &octets(2_000_000_000, 0, 200))?;
    let used = counted(json!([8.0, 0.4, 2.0])).await?;
    assert_eq!(used["usage"]["averageDownloadMbps"], json!(64.0), "over 1000 seconds");
    assert!(used["usage"]["peakDownloadMbps"].as_f64() >= Some(80.0), "{used}");
    network.app.drain().await
}

/// A session of the subscription that changed so many days ago.
fn session(ground: &Ground, of: Subscribed, id: &str, days: i64) -> Session {
    Session {
        id: id.into(),
        user: of.id.to_string(),
        download_bytes: 3_000_000_000,
        upload_bytes: 1_000_000_000,
        seconds: 60,
        changed_at: ground.kernel.clock.now().timestamp() - days * 86_400,
        ended: true,
    }
}

async fn accounted(ground: &Ground, mark: Mark, session: &Session) -> Result<(UnitOfWork, Option<Mark>)> {
    let mut work = UnitOfWork::new(ground.kernel.clone(), Actor::platform());
    let moved = usage::account(&mut work, mark, std::slice::from_ref(session)).await?;
    Ok((work, moved))
}

async fn what_is_broken_off_counts_when_it_is_done_again(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let of = ground.subscribed("john@example.com").await?;
    let (session, begin) = (session(&ground, of, "s1", 0), usage::mark(ground.kernel.db.writer()).await?);
    let (work, moved) = accounted(&ground, begin, &session).await?;
    assert!(moved.is_some());
    work.rollback().await?;
    assert_eq!(summed(&used(&ground, of).await?), json!([0.0, 0.0, 0.0]));
    let (work, moved) = accounted(&ground, begin, &session).await?;
    work.commit().await?;
    let once = json!([3.0, 1.0, 1.0]);
    assert_eq!(summed(&used(&ground, of).await?), once);
    let (work, late) = accounted(&ground, begin, &session).await?;
    work.rollback().await?;
    assert_eq!(late, None, "what was read before somebody else has counted");
    let (work, again) = accounted(&ground, moved.expect("a mark"), &session).await?;
    work.commit().await?;
    assert!(again.is_some());
    assert_eq!(summed(&used(&ground, of).await?), once);
    assert_eq!(app.events_of("usage.recorded").await?.len(), 1);
    app.drain().await
}

async fn ended_sessions_are_forgotten_in_time(pairing: Pairing) -> Result<()> {
    let (app, ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
    let (of, db) = (ground.subscribed("john@example.com").await?, ground.kernel.db.writer());
    let open = Session { ended: false, ..session(&ground, of, "open", 60) };
    for (session, left) in
        [(session(&ground, of, "old", 60), 1), (open, 2), (session(&ground, of, "new", 0), 2)]
    {
        let (work, moved) = accounted(&ground, usage::mark(db).await?, &session).await?;
        work.commit().await?;
        usage::forget(db, moved.expect("a mark")).await?;
        assert_eq!(app.count("radius_sessions").await?, left, "{session:?}");
    }
    app.drain().await
}
