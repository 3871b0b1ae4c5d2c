//! `probe`: does nothing, sleeps, or fails in a given way, according to its payload.
//!
//! Triggered by benchmarks and by tests of faults.
//!
//! Safe to run twice: it changes nothing.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use engine::jobs::{Fault, Probe};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// Runs the job.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let probe: Probe = context.payload()?;
    if let Some(ms) = probe.sleep_ms {
        let work = tokio::time::sleep(Duration::from_millis(ms));
        if context.cancel.run_until_cancelled(work).await.is_none() {
            return Err(Outcome::Cancelled);
        }
    }
    let fails = probe.until_attempt == 0 || context.job.attempt <= probe.until_attempt;
    match probe.fault.filter(|_| fails) {
        Some(Fault::Wait) => Ok(Outcome::WaitUntil(context.kernel.clock.now() + HOUR)),
        Some(fault) => fail(fault).await,
        None => Ok(Outcome::Done(None)),
    }
}

async fn fail(fault: Fault) -> JobResult {
    match fault {
        Fault::Retry => Err(Outcome::Retry("fails as requested".into())),
        Fault::GiveUp => Err(Outcome::GiveUp("gives up as requested".into())),
        Fault::Panic => panic!("panics as requested"),
        Fault::Wait | Fault::Hang => std::future::pending().await,
        Fault::Abort => std::process::abort(),
    }
}
