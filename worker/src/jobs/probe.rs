//! `probe`: does as its payload says: nothing, work for a while, or go wrong in a chosen way.
//!
//! Triggered by benchmarks and by tests of faults.
//!
//! Safe to run twice: it changes nothing.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use kernel::jobs::{Fault, Probe};
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
        Some(fault) => go_wrong(fault).await,
        None => Ok(Outcome::Done(None)),
    }
}

async fn go_wrong(fault: Fault) -> JobResult {
    match fault {
        Fault::Retry => Err(Outcome::Retry("told to fail".into())),
        Fault::GiveUp => Err(Outcome::GiveUp("told to give up".into())),
        Fault::Panic => panic!("told to panic"),
        Fault::Wait | Fault::Hang => std::future::pending().await,
        Fault::Abort => std::process::abort(),
    }
}
