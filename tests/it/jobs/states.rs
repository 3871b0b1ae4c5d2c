//! Random operations on a job, also by workers that have lost it: the ledger's invariants hold.

use crate::app::{Pairing, TestApp, both};
use anyhow::Result;
use chrono::TimeDelta;
use engine::{
    jobs::Probe,
    ledger::{self, Finish, JobLease, NewJob, Progress, Rows},
};
use entities::{
    ids::JobId,
    job::{self, JobState},
};
use proptest::{prelude::*, test_runner::TestRunner};
use std::time::Duration;
use tokio::{runtime::Handle, task::block_in_place};

both!(no_order_of_events_breaks_the_ledger);

/// What may happen. `held` picks one of the starts so far: the last is the one that counts.
#[derive(Debug, Clone)]
enum Event {
    Start,
    Finish { held: usize, state: JobState },
    Renew { held: usize },
    Advance { held: usize },
    Release { held: usize },
    LeaseRunsOut,
    Cancel,
    Revive,
}

fn event() -> impl Strategy<Value = Event> {
    let held = 0usize..4;
    let outcome = prop::sample::select(vec![JobState::Succeeded, JobState::Failed, JobState::Retrying]);
    prop_oneof![
        4 => Just(Event::Start),
        2 => (held.clone(), outcome).prop_map(|(held, state)| Event::Finish { held, state }),
        1 => held.clone().prop_map(|held| Event::Renew { held }),
        1 => held.clone().prop_map(|held| Event::Advance { held }),
        1 => held.prop_map(|held| Event::Release { held }),
        2 => Just(Event::LeaseRunsOut),
        1 => Just(Event::Cancel),
        1 => Just(Event::Revive),
    ]
}

async fn no_order_of_events_breaks_the_ledger(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let events = prop::collection::vec(event(), 1..25);
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = block_in_place(|| {
        TestRunner::new(config).run(&events, |events| {
            Handle::current()
                .block_on(live(&app, events))
                .map_err(|error| TestCaseError::fail(error.to_string()))
        })
    });
    outcome.map_err(|error| anyhow::anyhow!("{error}"))
}

/// The life of one job.
async fn live(app: &TestApp, events: Vec<Event>) -> Result<()> {
    let id = app.enqueue(NewJob::new(None, &Probe::default())?).await?;
    let mut starts: Vec<i32> = vec![];
    let mut before = app.job(id).await?;
    for event in events {
        let is_current = happen(app, id, &event, &mut starts).await?;
        let after = app.job(id).await?;
        check(&event, is_current, &before, &after);
        before = after;
    }
    Ok(())
}

/// Makes it happen; whether it came from the worker that the job belongs to (or from nobody's worker).
async fn happen(app: &TestApp, id: JobId, event: &Event, starts: &mut Vec<i32>) -> Result<bool> {
    let (kernel, now) = (&app.kernel, app.clock.now());
    let (db, keep) = (kernel.db.writer(), &kernel.settings.retention);
    let claim = |back: &usize| {
        let place = starts.len().checked_sub(1 + back)?;
        Some((JobLease { id, attempt: starts[place] }, *back == 0))
    };
    let no_start = (JobLease { id, attempt: 0 }, false);
    Ok(match event {
        Event::Start => {
            let lease = Duration::from_secs(5);
            let started = ledger::start(db, &[id], "w", lease, now).await?;
            starts.extend(started.iter().map(|job| job.attempt));
            let alone = ledger::start_alone(db, id, "w", lease, now).await?;
            starts.extend(alone.iter().map(|suspect| suspect.job.attempt));
            true
        }
        Event::Finish { held, state } => {
            let (held, current) = claim(held).unwrap_or(no_start);
            let finish = Finish { run_at: Some(now), ..Finish::new(held, *state) };
            let _written = ledger::finish(db, &[finish], keep, now).await?;
            current
        }
        Event::Renew { held } => {
            let (held, current) = claim(held).unwrap_or(no_start);
            ledger::renew(db, &[held], now + TimeDelta::seconds(5)).await?;
            current
        }
        Event::Advance { held } => {
            let (held, current) = claim(held).unwrap_or(no_start);
            let rows = Rows { processed: 1, succeeded: 1, failed: 0 };
            let progress = ledger::advance(db, id, held.attempt, rows).await?;
            assert!(current || progress == Progress::LeaseLost);
            current
        }
        Event::Release { held } => {
            let (held, current) = claim(held).unwrap_or(no_start);
            let _tickets = ledger::release(db, &[held], now).await?;
            current
        }
        Event::LeaseRunsOut => {
            let later = now + TimeDelta::seconds(10);
            let _tickets =
                ledger::expire_leases(db, &kernel.settings.worker, keep, worker::KINDS, later).await?;
            // The job is ready again after the pause.
            app.clock.advance(TimeDelta::seconds(100));
            true
        }
        Event::Cancel => app.cancel(id).await.map(|_| true)?,
        Event::Revive => {
            // Refused unless the job was given up.
            let _ = app.retry_manually(id).await;
            true
        }
    })
}

fn check(event: &Event, is_current: bool, before: &job::Model, after: &job::Model) {
    let what = format!("{event:?}: {before:?} -> {after:?}");
    assert_eq!(after.state == JobState::Running, after.lease_until.is_some(), "a lease, if running: {what}");
    assert_eq!(after.state.is_final(), after.finished_at.is_some(), "an end, if final: {what}");
    assert!(!after.state.is_final() || after.expires_at > after.finished_at, "kept, and then swept: {what}");
    let counted = after.crashes - before.crashes;
    assert!(
        counted <= 0
            || (counted == 1 && before.state == JobState::Running && matches!(event, Event::LeaseRunsOut)),
        "a lost lease, and nothing else, counts against it, once: {what}"
    );
    assert!(
        counted != 1 || before.crashes == 0 || before.alone,
        "further ones only where it was alone: {what}"
    );
    assert!(after.state != JobState::Quarantined || after.crashes == 3, "not before the third: {what}");
    assert!(after.crashes < 3 || after.state.is_final(), "nor after it: {what}");
    let started = before.state != JobState::Running && after.state == JobState::Running;
    assert_eq!(
        after.attempt,
        before.attempt + i32::from(started),
        "a start, and nothing else, counts: {what}"
    );
    assert!(is_current || before == after, "a worker that lost the job changed it: {what}");
    let stops = matches!(event, Event::Finish { .. }) && is_current && before.state == JobState::Running;
    assert!(
        !stops || before.cancel_requested_at.is_none() || after.state.is_final(),
        "one that was asked to stop is not tried again: {what}"
    );
    let revived = matches!(event, Event::Revive) && before.state != JobState::Succeeded;
    assert!(!before.state.is_final() || revived || before == after, "what has ended stays: {what}");
}
