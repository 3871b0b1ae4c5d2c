//! The jobs leased by a worker, from their start until their outcome is recorded.

use super::Assignment;
use engine::ledger::{JobLease, Started};
use entities::ids::JobId;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Started in the ledger, without a handler yet.
    Waiting,
    /// A handler is running.
    Running,
    /// The handler has ended; the outcome is being recorded.
    Ended,
}

#[derive(Debug)]
struct Entry {
    attempt: i32,
    phase: Phase,
    cancel: CancellationToken,
    stop: CancellationToken,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<JobId, Entry>,
    ended: usize,
    /// Slots reserved for fetches in progress.
    reserved: usize,
}

/// Jobs in flight. The kind's concurrency limits those waiting or running; outcomes being recorded take no slot, up to
/// twice as many, so that recording and fetching overlap.
#[derive(Debug)]
pub(crate) struct InFlightJobs {
    slots: usize,
    state: Mutex<State>,
    freed: Notify,
}

impl InFlightJobs {
    pub(crate) fn new(slots: usize) -> Self {
        Self { slots, state: Mutex::default(), freed: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves free slots, at most `most`, if there are at least `least`. Each is released by [`InFlightJobs::take`]
    /// or [`InFlightJobs::unreserve`].
    pub(super) fn reserve(&self, least: usize, most: usize) -> Option<usize> {
        let mut state = self.state();
        let busy = state.entries.len() - state.ended + state.reserved;
        let room = if state.ended > 2 * self.slots { 0 } else { self.slots.saturating_sub(busy) };
        let taken = room.min(most);
        (taken >= least.max(1)).then(|| {
            state.reserved += taken;
            taken
        })
    }

    /// Releases unused slots.
    pub(super) fn unreserve(&self, slots: usize) {
        self.state().reserved -= slots;
    }

    /// Returns when a slot may have become free.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }

    /// Adds a started job, in a reserved slot.
    pub(super) fn take(&self, job: Started, draining: CancellationToken) -> Assignment {
        let mut state = self.state();
        state.reserved -= 1;
        Self::insert(&mut state, job, draining)
    }

    /// Adds a started job without a slot, which runs alone.
    pub(super) fn take_alone(&self, job: Started, draining: CancellationToken) -> Assignment {
        Self::insert(&mut self.state(), job, draining)
    }

    fn insert(state: &mut State, job: Started, draining: CancellationToken) -> Assignment {
        let (cancel, stop) = (CancellationToken::new(), CancellationToken::new());
        let entry =
            Entry { attempt: job.attempt, phase: Phase::Waiting, cancel: cancel.clone(), stop: stop.clone() };
        // A retry may start between the commit of the attempt before and its removal here.
        if let Some(before) = state.entries.insert(job.id, entry) {
            before.stop.cancel();
            state.ended -= usize::from(before.phase == Phase::Ended);
        }
        Assignment { job, cancel, stop, draining }
    }

    /// Whether no handler is running or about to run.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.state();
        state.entries.len() == state.ended
    }

    /// Marks the job as running; false if it was released or lost meanwhile.
    pub(crate) fn begin(&self, held: JobLease) -> bool {
        let mut state = self.state();
        let entry = state.entries.get_mut(&held.id).filter(|entry| entry.attempt == held.attempt);
        let Some(entry) = entry.filter(|entry| entry.phase == Phase::Waiting) else { return false };
        entry.phase = Phase::Running;
        true
    }

    /// Marks the handler as ended.
    pub(super) fn end(&self, held: JobLease) {
        let mut state = self.state();
        let entry = state.entries.get_mut(&held.id).filter(|entry| entry.attempt == held.attempt);
        if let Some(entry) = entry.filter(|entry| entry.phase != Phase::Ended) {
            entry.phase = Phase::Ended;
            state.ended += 1;
        }
        drop(state);
        self.freed.notify_one();
    }

    /// Removes jobs whose outcomes are recorded or whose leases are lost.
    pub(super) fn remove(&self, gone: &[JobLease]) {
        let mut state = self.state();
        for held in gone {
            if state.entries.get(&held.id).is_some_and(|entry| entry.attempt == held.attempt)
                && let Some(entry) = state.entries.remove(&held.id)
            {
                entry.stop.cancel();
                state.ended -= usize::from(entry.phase == Phase::Ended);
            }
        }
        drop(state);
        self.freed.notify_one();
    }

    /// All leases.
    pub(super) fn held(&self) -> Vec<JobLease> {
        self.select(|_| true)
    }

    /// The leases of jobs without a handler.
    pub(super) fn waiting(&self) -> Vec<JobLease> {
        self.select(|entry| entry.phase == Phase::Waiting)
    }

    fn select(&self, which: impl Fn(&Entry) -> bool) -> Vec<JobLease> {
        let state = self.state();
        let chosen = state.entries.iter().filter(|(_, entry)| which(entry));
        chosen.map(|(id, entry)| JobLease { id: *id, attempt: entry.attempt }).collect()
    }

    /// Cancels a job.
    pub(super) fn cancel(&self, id: JobId) {
        if let Some(entry) = self.state().entries.get(&id) {
            entry.cancel.cancel();
        }
    }

    /// Aborts everything that is still running.
    pub(crate) fn stop_all(&self) {
        self.state().entries.values().for_each(|entry| entry.stop.cancel());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};

    fn started(id: JobId, attempt: i32) -> Started {
        Started {
            id,
            organization_id: None,
            parent_id: None,
            payload: serde_json::Value::Null,
            attempt,
            failures: 0,
            total: None,
            processed: 0,
            succeeded: 0,
            failed: 0,
            run_at: DateTime::<Utc>::UNIX_EPOCH,
            request_id: None,
            traceparent: None,
        }
    }

    #[test]
    fn a_retry_that_starts_before_its_attempt_is_removed_takes_one_slot() {
        let (jobs, id) = (InFlightJobs::new(2), JobId::new());
        for attempt in 1..=3 {
            assert_eq!(jobs.reserve(1, 1), Some(1));
            jobs.take(started(id, attempt), CancellationToken::new());
            assert_eq!(jobs.held().len(), 1);
            assert!(jobs.begin(JobLease { id, attempt }));
            jobs.end(JobLease { id, attempt });
        }
        assert!(jobs.is_idle());
        jobs.remove(&[1, 2, 3].map(|attempt| JobLease { id, attempt }));
        assert!(jobs.is_idle());
        assert_eq!(jobs.reserve(2, 2), Some(2));
    }
}
