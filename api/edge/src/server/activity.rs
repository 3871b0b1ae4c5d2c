//! What goes on on a connection, and for how long that may last.
//!
//! hyper has one time limit for both a head that arrives too slowly and a connection that is kept alive
//! without a request. The first is to be short, the second is to be longer than the clients' own.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// A request's head is arriving, since then. So begins every connection.
    Head(Instant),
    /// So many requests are worked on or being answered.
    Busy(usize),
    /// Nothing, since then.
    Idle(Instant),
    /// Its client was asked to close it, at that time.
    Closing(Instant),
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// HTTP/2: what arrives need not be a request.
    multiplexed: bool,
    /// Since when the socket has taken nothing of what there is to send.
    stalled: Option<Instant>,
    /// How many answers have a piece that the client has not taken yet.
    untaken: usize,
    /// When the last of these pieces was offered.
    offered: Instant,
}

/// Why a connection is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// Nobody needs it.
    Idle,
    /// Its client is too slow.
    Slow,
}

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a handshake, and for the head of a request.
    pub read: Duration,
    /// Between two requests, and for taking something of an answer. Load balancers keep their connections for
    /// 60 s, and must not be the ones who find one closed.
    pub idle: Duration,
}

/// Watches one connection.
#[derive(Debug)]
pub struct Activity {
    state: Mutex<State>,
    patience: Patience,
    /// Something is due earlier than it was.
    sooner: Notify,
}

impl Activity {
    /// Of a connection that has just begun.
    pub fn new(patience: Patience) -> Self {
        let now = Instant::now();
        let state =
            State { phase: Phase::Head(now), multiplexed: false, stalled: None, untaken: 0, offered: now };
        Self { state: Mutex::new(state), patience, sooner: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The handshake is done: the first head may take its own time.
    pub fn encrypted(&self) {
        self.state().phase = Phase::Head(Instant::now());
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
        // The end of an answer that HTTP/1 has in its buffer. HTTP/2 also answers pings, which are nothing.
        if taken && !state.multiplexed && matches!(state.phase, Phase::Idle(_)) {
            state.phase = Phase::Idle(Instant::now());
        }
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

    /// An answer has a piece for the client.
    pub fn offered(&self) {
        let mut state = self.state();
        state.untaken += 1;
        state.offered = Instant::now();
    }

    /// The client has taken such a piece.
    pub fn taken(&self) {
        let mut state = self.state();
        state.untaken = state.untaken.saturating_sub(1);
    }

    /// A request is answered, or given up; then, since when its client had taken nothing of the answer, which
    /// is since when the connection does nothing.
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

    /// Gives the client the time to see that the connection is being closed.
    pub fn closing(&self) {
        self.state().phase = Phase::Closing(Instant::now());
    }

    /// Whether the head of a request is arriving.
    pub fn is_at_head(&self) -> bool {
        matches!(self.state().phase, Phase::Head(_))
    }

    /// Since when nothing goes on but for want of the client: of a handshake, a request, or somebody to take
    /// all the answers there are. None while a request is worked on.
    pub fn waiting_since(&self) -> Option<Instant> {
        let state = self.state();
        match state.phase {
            Phase::Head(since) | Phase::Idle(since) | Phase::Closing(since) => Some(since),
            Phase::Busy(requests) if state.untaken >= requests => Some(state.offered),
            Phase::Busy(_) => state.stalled,
        }
    }

    /// When it has lasted too long as things stand, and why.
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

    /// Waits until the connection is to be closed.
    pub async fn overdue(&self) -> Overdue {
        loop {
            let now = Instant::now();
            // What begins while this sleeps is due no earlier than after the shorter time.
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
