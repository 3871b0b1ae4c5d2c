//! The activity of a connection, and its timeouts.
//!
//! hyper has one timeout for slow request heads and for idle connections. The first should be short, the second longer
//! than that of the clients.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// The state of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// A request head is arriving, since then. The initial state.
    Head(Instant),
    /// This many requests are in progress.
    Busy(usize),
    /// Idle, since then.
    Idle(Instant),
    /// Closing since then.
    Closing(Instant),
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// HTTP/2: received data need not be a request.
    multiplexed: bool,
    /// Since when the socket has accepted no data.
    stalled: Option<Instant>,
    /// The number of responses with a piece that the client has not read.
    untaken: usize,
    /// When the last of these pieces was offered.
    offered: Instant,
}

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// It is idle.
    Idle,
    /// Its client is too slow.
    Slow,
}

/// The timeouts of clients.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a handshake, and for a request head.
    pub read: Duration,
    /// Between requests, and for reading a response. Load balancers keep connections for 60 s, and must not find them
    /// closed.
    pub idle: Duration,
}

/// Tracks one connection.
#[derive(Debug)]
pub struct Activity {
    state: Mutex<State>,
    patience: Patience,
    /// A deadline has become earlier.
    sooner: Notify,
}

impl Activity {
    /// For a new connection.
    pub fn new(patience: Patience) -> Self {
        let now = Instant::now();
        let state =
            State { phase: Phase::Head(now), multiplexed: false, stalled: None, untaken: 0, offered: now };
        Self { state: Mutex::new(state), patience, sooner: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The handshake is complete: the timeout of the first head begins.
    pub fn encrypted(&self) {
        self.state().phase = Phase::Head(Instant::now());
    }

    /// Data was received.
    pub fn received(&self) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Idle(_)) && !state.multiplexed {
            state.phase = Phase::Head(Instant::now());
        }
    }

    /// Whether the client accepts data.
    pub fn sending(&self, taken: bool) {
        let mut state = self.state();
        state.stalled = if taken { None } else { state.stalled.or_else(|| Some(Instant::now())) };
        // The rest of a response in HTTP/1's buffer. In HTTP/2 this may be pings, which do not count.
        if taken && !state.multiplexed && matches!(state.phase, Phase::Idle(_)) {
            state.phase = Phase::Idle(Instant::now());
        }
    }

    /// A request has begun.
    pub fn asked(&self, multiplexed: bool) {
        let mut state = self.state();
        state.multiplexed = multiplexed;
        state.phase = match state.phase {
            Phase::Busy(requests) => Phase::Busy(requests + 1),
            _ => Phase::Busy(1),
        };
    }

    /// A response has a piece for the client.
    pub fn offered(&self) {
        let mut state = self.state();
        state.untaken += 1;
        state.offered = Instant::now();
    }

    /// The client has read the piece.
    pub fn taken(&self) {
        let mut state = self.state();
        state.untaken = state.untaken.saturating_sub(1);
    }

    /// A request has ended. If its client had read nothing since some time, the connection has been idle since then.
    pub fn answered(&self, given_up: Option<Instant>) {
        let mut state = self.state();
        state.phase = match state.phase {
            Phase::Busy(requests) if requests > 1 => Phase::Busy(requests - 1),
            _ => Phase::Idle(given_up.unwrap_or_else(Instant::now)),
        };
        if given_up.is_some() {
            self.sooner.notify_one();
        }
    }

    /// Gives the client time to see that the connection is being closed.
    pub fn closing(&self) {
        self.state().phase = Phase::Closing(Instant::now());
    }

    /// Whether a request head is arriving.
    pub fn is_at_head(&self) -> bool {
        matches!(self.state().phase, Phase::Head(_))
    }

    /// Since when the connection waits only for its client: for a handshake, a request, or all responses to be read.
    /// `None` while a request is in progress.
    pub fn waiting_since(&self) -> Option<Instant> {
        let state = self.state();
        match state.phase {
            Phase::Head(since) | Phase::Idle(since) | Phase::Closing(since) => Some(since),
            Phase::Busy(requests) if state.untaken >= requests => Some(state.offered),
            Phase::Busy(_) => state.stalled,
        }
    }

    /// The deadline of the current state, and the reason.
    fn deadline(&self) -> Option<(Instant, Overdue)> {
        let state = self.state();
        let Patience { read, idle } = self.patience;
        let phase = match state.phase {
            Phase::Head(since) | Phase::Closing(since) => Some((since + read, Overdue::Slow)),
            Phase::Idle(since) => Some((since + idle, Overdue::Idle)),
            Phase::Busy(_) => None,
        };
        let stalled = state.stalled.map(|since| (since + idle, Overdue::Slow));
        [phase, stalled].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Waits until the connection has to be closed.
    pub async fn overdue(&self) -> Overdue {
        loop {
            let now = Instant::now();
            // Whatever begins during the sleep is due no earlier than after the shorter timeout.
            let mut look = now + self.patience.read.min(self.patience.idle);
            if let Some((at, why)) = self.deadline() {
                if at <= now {
                    return why;
                }
                look = look.min(at);
            }
            tokio::select! {
                () = tokio::time::sleep_until(look) => {}
                () = self.sooner.notified() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { read: Duration::from_secs(10), idle: Duration::from_secs(75) };

    /// How long the connection lasts from here.
    async fn lasts(activity: &Activity) -> (u64, Overdue) {
        let began = Instant::now();
        let why = activity.overdue().await;
        (began.elapsed().as_secs(), why)
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_must_arrive_in_time() {
        let activity = Activity::new(PATIENCE);
        assert_eq!(lasts(&activity).await, (10, Overdue::Slow), "from the beginning of the connection");
        activity.asked(false);
        activity.answered(None);
        assert_eq!(lasts(&activity).await, (75, Overdue::Idle), "kept alive");
        activity.closing();
        assert_eq!(lasts(&activity).await, (10, Overdue::Slow), "asked to close it");
        activity.asked(false);
        activity.answered(None);
        tokio::time::sleep(Duration::from_mins(1)).await;
        activity.received();
        activity.received();
        assert_eq!(lasts(&activity).await, (10, Overdue::Slow), "from its first byte");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_may_take_as_long_as_its_answer_is_taken() {
        let activity = Activity::new(PATIENCE);
        activity.asked(true);
        activity.asked(true);
        activity.answered(None);
        let hours = tokio::time::timeout(Duration::from_hours(2), activity.overdue()).await;
        assert!(hours.is_err());
        activity.sending(false);
        tokio::time::sleep(Duration::from_secs(5)).await;
        activity.sending(false);
        assert_eq!(lasts(&activity).await, (70, Overdue::Slow), "the client takes nothing");
        activity.sending(true);
        activity.answered(None);
        tokio::time::sleep(Duration::from_secs(5)).await;
        activity.received();
        activity.sending(true);
        assert_eq!(lasts(&activity).await, (70, Overdue::Idle), "what HTTP/2 sends need not be a request");
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_an_answer_may_be_taken_slowly() {
        let activity = Activity::new(PATIENCE);
        activity.asked(false);
        activity.answered(None);
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_mins(1)).await;
            activity.sending(true);
        }
        activity.sending(false);
        assert_eq!(lasts(&activity).await, (75, Overdue::Idle));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_waits_for_its_client_while_nothing_is_worked_on() {
        let (activity, began) = (Activity::new(PATIENCE), Instant::now());
        assert_eq!(activity.waiting_since(), Some(began), "for a handshake or a head");
        activity.asked(true);
        activity.asked(true);
        assert_eq!(activity.waiting_since(), None);
        activity.offered();
        assert_eq!(activity.waiting_since(), None, "one is worked on");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let second = Instant::now();
        activity.offered();
        assert_eq!(activity.waiting_since(), Some(second), "for somebody to take both answers");
        activity.taken();
        assert_eq!(activity.waiting_since(), None, "one answer goes on");
        activity.answered(None);
        assert_eq!(activity.waiting_since(), Some(second));
        activity.taken();
        activity.answered(None);
        assert_eq!(activity.waiting_since(), Some(second), "for a request");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_given_up_leaves_a_connection_that_has_long_done_nothing() {
        let activity = Activity::new(PATIENCE);
        activity.asked(true);
        let (overdue, gave_up) = tokio::join!(activity.overdue(), async {
            let offered = Instant::now();
            activity.offered();
            tokio::time::sleep(PATIENCE.idle).await;
            activity.taken();
            activity.answered(Some(offered));
            Instant::now()
        });
        assert_eq!((overdue, gave_up.elapsed()), (Overdue::Idle, Duration::ZERO));
    }
}
