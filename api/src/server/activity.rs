//! What goes on on a connection, and for how long that may last.
//!
//! hyper has one time limit for both a head that arrives too slowly and a connection that is kept alive
//! without a request. The first is to be short, the second is to be longer than the clients' own.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How long a connection is kept without a request, and without its client taking what it was sent. Load
/// balancers keep theirs for 60 s, and must not be the ones who find it closed.
const IDLE: Duration = Duration::from_secs(75);

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// A request's head is arriving, since then. So begins every connection.
    Head(Instant),
    /// So many requests are worked on or being answered.
    Busy(usize),
    /// Nothing, since then.
    Idle(Instant),
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// HTTP/2: what arrives need not be a request.
    multiplexed: bool,
    /// Since when the client has taken nothing of what there is to send.
    stalled: Option<Instant>,
}

/// Why a connection is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// Nobody needs it.
    Idle,
    /// Its client is too slow.
    Slow,
}

/// Watches one connection.
#[derive(Debug)]
pub struct Activity {
    state: Mutex<State>,
    read_timeout: Duration,
}

impl Activity {
    /// Of a connection that has just begun.
    pub fn new(read_timeout: Duration) -> Self {
        let state = State { phase: Phase::Head(Instant::now()), multiplexed: false, stalled: None };
        Self { state: Mutex::new(state), read_timeout }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something has arrived.
    pub fn received(&self) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Idle(_)) && !state.multiplexed {
            state.phase = Phase::Head(Instant::now());
        }
    }

    /// The client takes what it is sent, or does not.
    pub fn sending(&self, taken: bool) {
        let mut state = self.state();
        state.stalled = if taken { None } else { state.stalled.or_else(|| Some(Instant::now())) };
    }

    /// A request is there.
    pub fn asked(&self, multiplexed: bool) {
        let mut state = self.state();
        state.multiplexed = multiplexed;
        state.phase = match state.phase {
            Phase::Busy(requests) => Phase::Busy(requests + 1),
            _ => Phase::Busy(1),
        };
    }

    /// A request is answered, or given up.
    pub fn answered(&self) {
        let mut state = self.state();
        state.phase = match state.phase {
            Phase::Busy(requests) if requests > 1 => Phase::Busy(requests - 1),
            _ => Phase::Idle(Instant::now()),
        };
    }

    /// Gives the client the time to see that the connection is being closed.
    pub fn closing(&self) {
        self.state().phase = Phase::Idle(Instant::now());
    }

    /// When it has lasted too long as things stand, and why.
    fn deadline(&self) -> Option<(Instant, Overdue)> {
        let state = self.state();
        let phase = match state.phase {
            Phase::Head(since) => Some((since + self.read_timeout, Overdue::Slow)),
            Phase::Idle(since) => Some((since + IDLE, Overdue::Idle)),
            Phase::Busy(_) => None,
        };
        let stalled = state.stalled.map(|since| (since + IDLE, Overdue::Slow));
        [phase, stalled].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Waits until the connection is to be closed.
    pub async fn overdue(&self) -> Overdue {
        loop {
            let now = Instant::now();
            // What begins while this sleeps is due no earlier than the read timeout from now.
            let mut look = now + self.read_timeout;
            if let Some((at, why)) = self.deadline() {
                if at <= now {
                    return why;
                }
                look = look.min(at);
            }
            tokio::time::sleep_until(look).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Duration = Duration::from_secs(10);

    /// How long the connection lasts from here.
    async fn lasts(activity: &Activity) -> (u64, Overdue) {
        let began = Instant::now();
        let why = activity.overdue().await;
        (began.elapsed().as_secs(), why)
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_must_arrive_in_time() {
        let activity = Activity::new(READ);
        assert_eq!(lasts(&activity).await, (10, Overdue::Slow), "from the beginning of the connection");
        activity.asked(false);
        activity.answered();
        assert_eq!(lasts(&activity).await, (75, Overdue::Idle), "kept alive");
        activity.closing();
        tokio::time::sleep(Duration::from_mins(1)).await;
        activity.received();
        activity.received();
        assert_eq!(lasts(&activity).await, (10, Overdue::Slow), "from its first byte");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_may_take_as_long_as_its_answer_is_taken() {
        let activity = Activity::new(READ);
        activity.asked(true);
        activity.asked(true);
        activity.answered();
        let hours = tokio::time::timeout(Duration::from_hours(2), activity.overdue()).await;
        assert!(hours.is_err());
        activity.sending(false);
        tokio::time::sleep(Duration::from_secs(5)).await;
        activity.sending(false);
        assert_eq!(lasts(&activity).await, (70, Overdue::Slow), "the client takes nothing");
        activity.sending(true);
        activity.answered();
        activity.received();
        assert_eq!(lasts(&activity).await, (75, Overdue::Idle), "what HTTP/2 sends need not be a request");
    }
}
