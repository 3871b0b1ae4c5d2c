//! The jobs that a worker holds by a lease, from their start until their outcome is written.

use super::Assignment;
use entities::ids::JobId;
use kernel::ledger::{JobLease, Started};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Started in the ledger, not yet taken up by a handler.
    Waiting,
    /// A handler is at work.
    Running,
    /// The handler has ended; the outcome is on its way into the ledger.
    AttemptResult,
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
    /// Slots promised to fetches that are under way.
    reserved: usize,
}

/// The jobs in hand. How many may be waiting or running is the kind's concurrency; outcomes that are
/// being written do not take a slot, up to twice as many, so that writing and fetching overlap.
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

    /// Reserves what room there is, at most `most`, if it is at least `least`. To be given back by
    /// [`InFlightJobs::take`], one by one, and [`InFlightJobs::unreserve`].
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

    /// Gives reserved room back that was not needed.
    pub(super) fn unreserve(&self, slots: usize) {
        self.state().reserved -= slots;
    }

    /// Returns when room may have been made.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }

    /// Takes a started job in, into reserved room.
    pub(super) fn take(&self, job: Started, draining: CancellationToken) -> Assignment {
        let mut state = self.state();
        state.reserved -= 1;
        Self::insert(&mut state, job, draining)
    }

    /// Takes a started job in whose slot is nobody's: it runs alone.
    pub(super) fn take_alone(&self, job: Started, draining: CancellationToken) -> Assignment {
        Self::insert(&mut self.state(), job, draining)
    }

    fn insert(state: &mut State, job: Started, draining: CancellationToken) -> Assignment {
        let (cancel, stop) = (CancellationToken::new(), CancellationToken::new());
        let entry =
            Entry { attempt: job.attempt, phase: Phase::Waiting, cancel: cancel.clone(), stop: stop.clone() };
        state.entries.insert(job.id, entry);
        Assignment { job, cancel, stop, draining }
    }

    /// Whether no handler is at work or about to be.
    pub(super) fn is_at_rest(&self) -> bool {
        let state = self.state();
        state.entries.len() == state.ended
    }

    /// A handler takes the job up; false when it has been given back or lost meanwhile.
    pub(crate) fn begin(&self, held: JobLease) -> bool {
        let mut state = self.state();
        let entry = state.entries.get_mut(&held.id).filter(|entry| entry.attempt == held.attempt);
        let Some(entry) = entry.filter(|entry| entry.phase == Phase::Waiting) else { return false };
        entry.phase = Phase::Running;
        true
    }

    /// The handler has ended.
    pub(super) fn end(&self, held: JobLease) {
        let mut state = self.state();
        let entry = state.entries.get_mut(&held.id).filter(|entry| entry.attempt == held.attempt);
        if let Some(entry) = entry.filter(|entry| entry.phase != Phase::AttemptResult) {
            entry.phase = Phase::AttemptResult;
            state.ended += 1;
        }
        drop(state);
        self.freed.notify_one();
    }

    /// The outcomes are written, or the jobs are not ours any more.
    pub(super) fn remove(&self, gone: &[JobLease]) {
        let mut state = self.state();
        for held in gone {
            if state.entries.get(&held.id).is_some_and(|entry| entry.attempt == held.attempt)
                && let Some(entry) = state.entries.remove(&held.id)
            {
                entry.stop.cancel();
                state.ended -= usize::from(entry.phase == Phase::AttemptResult);
            }
        }
        drop(state);
        self.freed.notify_one();
    }

    /// All that is held.
    pub(super) fn held(&self) -> Vec<JobLease> {
        self.select(|_| true)
    }

    /// What no handler has taken up.
    pub(super) fn waiting(&self) -> Vec<JobLease> {
        self.select(|entry| entry.phase == Phase::Waiting)
    }

    fn select(&self, which: impl Fn(&Entry) -> bool) -> Vec<JobLease> {
        let state = self.state();
        let chosen = state.entries.iter().filter(|(_, entry)| which(entry));
        chosen.map(|(id, entry)| JobLease { id: *id, attempt: entry.attempt }).collect()
    }

    /// Somebody asked for the job to stop.
    pub(super) fn cancel(&self, id: JobId) {
        if let Some(entry) = self.state().entries.get(&id) {
            entry.cancel.cancel();
        }
    }

    /// The worker lets go of everything that is still running.
    pub(crate) fn stop_all(&self) {
        self.state().entries.values().for_each(|entry| entry.stop.cancel());
    }
}
