//! A turn of an endpoint: everything that happens while one job holds it.

use super::{
    End, disable,
    pace::Pace,
    send::{self, Flight},
};
use crate::{
    context::JobContext,
    deliveries::{Body, Held, Made, Word},
    outcome::Outcome,
};
use entities::{
    endpoint::EndpointStatus,
    ids::{DeliveryId, EndpointId},
};
use futures::{
    StreamExt,
    future::{BoxFuture, OptionFuture},
    stream::FuturesUnordered,
};
use kernel::{
    Error,
    domain::webhooks::{self, Attempt, Due, Health, Target, Verdict},
    metrics,
    outbound::Url,
};
use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

/// Attempts that are read at once, for each that may be under way.
const AHEAD: usize = 16;
/// A turn ends after this long, so that endpoints beyond the slots of this process come to their turn.
const LONGEST: Duration = Duration::from_mins(1);
/// How often the endpoint is read again, in case nobody could say that it has changed.
const REFRESH: Duration = Duration::from_secs(5);
/// Only so many endpoints at a time are held in wait for more.
const LINGERING: usize = 256;

/// See the module.
pub(super) struct Turn<'a> {
    context: &'a JobContext,
    held: &'a Held<EndpointId>,
    target: Target,
    url: Url,
    pace: Pace,
    /// What is to be sent next.
    queue: VecDeque<(Due, Arc<Body>)>,
    /// What is under way.
    flying: FuturesUnordered<BoxFuture<'static, Flight>>,
    /// What was read and is not written: in the queue, under way, or on its way to the database.
    known: HashSet<DeliveryId>,
    /// Of these, on their way to the database.
    unwritten: usize,
    written: (mpsc::UnboundedSender<DeliveryId>, mpsc::UnboundedReceiver<DeliveryId>),
    /// Nothing more was there when it was last looked.
    exhausted: bool,
    /// The highest number that was read or taken: what is offered later than it was read is not taken again.
    highest: i64,
    began: Instant,
    refreshed: Instant,
    /// When to look again, since a retry becomes due.
    look_at: Option<Instant>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(
        context: &'a JobContext,
        held: &'a Held<EndpointId>,
        target: Target,
    ) -> Result<Self, Outcome> {
        let settings = &context.kernel.settings.webhooks;
        let pace = Pace::new(settings, target.record.rate, target.record.resumed_at);
        let url = Url::parse(&target.record.url).map_err(Error::internal)?;
        Ok(Self {
            context,
            held,
            target,
            url,
            pace,
            queue: VecDeque::new(),
            flying: FuturesUnordered::new(),
            known: HashSet::new(),
            unwritten: 0,
            written: mpsc::unbounded_channel(),
            exhausted: false,
            highest: 0,
            began: Instant::now(),
            refreshed: Instant::now(),
            look_at: None,
        })
    }

    /// Sends what is due until there is a reason to stop. Nothing is under way or unwritten then.
    pub(super) async fn run(mut self) -> Result<End, Outcome> {
        loop {
            let end = self.end();
            if end.is_none() {
                self.fill().await?;
                self.launch()?;
            }
            let at_rest = self.flying.is_empty() && self.unwritten == 0;
            match end {
                Some(end) if at_rest => return Ok(end),
                None if at_rest && self.is_far_off() => return Ok(End::Quiet),
                // What is heard meanwhile is looked for at once: waiting for a further word would make it late.
                None if at_rest && self.queue.is_empty() && self.exhausted => {
                    if !self.linger().await {
                        return Ok(End::Quiet);
                    }
                }
                _ => self.wait(end.is_some()).await?,
            }
        }
    }

    /// Why nothing more may be begun.
    fn end(&self) -> Option<End> {
        let (context, record) = (self.context, &self.target.record);
        if context.cancel.is_cancelled() {
            return Some(End::Cancelled);
        }
        let now = context.kernel.clock.now();
        if let Some(until) = self.target.health.closed_until.filter(|until| now < *until) {
            return Some(End::Open(until));
        }
        let over = context.draining.is_cancelled() || self.began.elapsed() > LONGEST;
        (over || record.status != EndpointStatus::Active || record.deleted_at.is_some()).then_some(End::Quiet)
    }

    /// How many may be under way.
    fn slots(&self) -> usize {
        if self.target.record.ordered || self.target.health.is_on_trial() {
            return 1;
        }
        usize::try_from(self.target.record.concurrency).unwrap_or(1)
    }

    /// Reads what is due, when little is left.
    async fn fill(&mut self) -> Result<(), Outcome> {
        let slots = self.slots();
        // In order, the next one is known only when the one before is written.
        let ordered = self.target.record.ordered;
        let busy = if ordered { self.known.len() > self.queue.len() } else { self.queue.len() >= slots };
        if self.exhausted || busy || ordered && !self.queue.is_empty() {
            return Ok(());
        }
        let kernel = &self.context.kernel;
        let limit = self.known.len() + slots * AHEAD;
        let now = kernel.clock.now();
        let found = webhooks::due(kernel.db.reader(), &self.target.record, limit as u64, now).await?;
        self.exhausted = found.len() < limit;
        let new: Vec<_> = found.into_iter().filter(|due| !self.known.contains(&due.id)).collect();
        self.take_in(new).await
    }

    async fn take_in(&mut self, new: Vec<Due>) -> Result<(), Outcome> {
        let (kernel, bodies) = (&self.context.kernel, &self.context.shared.deliveries.bodies);
        let events = new.iter().map(|due| due.event_id).collect();
        let bodies = bodies.of(kernel, self.target.form, events).await?;
        for due in new {
            // Two tell of the same delivery where PostgreSQL tells of it, too.
            if !self.known.insert(due.id) {
                continue;
            }
            self.highest = self.highest.max(due.sequence);
            if let Some(body) = bodies.get(&due.event_id) {
                self.queue.push_back((due, body.clone()));
            } else {
                let now = kernel.clock.now();
                self.write(send::without_event(&due, self.target.record.id, now)).await;
            }
        }
        Ok(())
    }

    /// Begins as many as may be under way.
    fn launch(&mut self) -> Result<(), Outcome> {
        let kernel = &self.context.kernel;
        while self.may_launch()
            && let Some((due, body)) = self.queue.pop_front()
        {
            self.pace.took_one(kernel.clock.now());
            let flight = send::launch(kernel, &self.target, &self.url, due, &body)?;
            self.flying.push(Box::pin(flight));
        }
        Ok(())
    }

    fn may_launch(&self) -> bool {
        let under_way =
            if self.target.record.ordered { self.flying.len() + self.unwritten } else { self.flying.len() };
        under_way < self.slots() && self.pace.wait().is_none() && self.too_early().is_none()
    }

    /// How long until the first in the queue is due: in order, it is waited for.
    fn too_early(&self) -> Option<Duration> {
        let now = self.context.kernel.clock.now();
        self.queue
            .front()
            .and_then(|(due, _)| (due.due_at - now).to_std().ok())
            .filter(|wait| !wait.is_zero())
    }

    /// Whether the first in the queue is due only when another job had better look.
    fn is_far_off(&self) -> bool {
        self.too_early().is_some_and(|wait| wait > self.context.kernel.settings.webhooks.linger)
    }

    /// Waits for whatever comes first.
    async fn wait(&mut self, ending: bool) -> Result<(), Outcome> {
        let pause =
            if ending || self.queue.is_empty() { None } else { self.pace.wait().max(self.too_early()) };
        let pause = OptionFuture::from(pause.map(sleep));
        tokio::select! {
            Some(flight) = self.flying.next() => self.landed(flight).await?,
            Some(id) = self.written.1.recv() => self.put_away(id),
            word = self.held.listen() => self.hear(word).await?,
            Some(()) = pause => {}
            () = sleep_until(self.refreshed + REFRESH) => self.refresh().await?,
            () = sleep_until(self.look_at.unwrap_or(self.began)), if self.look_at.is_some() => {
                (self.look_at, self.exhausted) = (None, false);
            }
            () = self.context.cancel.cancelled(), if !ending => {}
            () = self.context.draining.cancelled(), if !ending => {}
        }
        Ok(())
    }

    /// An attempt has ended.
    async fn landed(&mut self, flight: Flight) -> Result<(), Outcome> {
        let kernel = &self.context.kernel;
        let (verdict, attempt) = flight.land(kernel, self.target.record.id);
        let (now, settings) = (kernel.clock.now(), &kernel.settings.webhooks);
        metrics::delivered(attempt.state, Duration::from_millis(attempt.took_ms.unsigned_abs().into()));
        if verdict == Verdict::Delivered {
            if self.target.health.is_on_trial() {
                self.pace.begin_slowly(now);
            }
            self.target.health.succeeded(now);
        } else {
            self.target.health.failed(now, settings);
            self.forget_queue();
            if let Verdict::Again(pause) = verdict {
                let due = Instant::now() + pause;
                self.look_at = Some(self.look_at.map_or(due, |before| before.min(due)));
            }
        }
        let hopeless = self.target.health.is_hopeless(now, settings);
        let last = (hopeless || verdict == Verdict::Gone).then(|| attempt.clone());
        self.write(attempt).await;
        let Some(last) = last else { return Ok(()) };
        let reason =
            if hopeless { "nothing but failures for too long" } else { "the receiver answered 410 Gone" };
        disable(self.context, &self.target, reason, &last).await?;
        self.refresh().await
    }

    /// After a failure the breaker may be open, and in order the failed one comes first: what was read ahead is
    /// read again when its time comes.
    fn forget_queue(&mut self) {
        if self.target.record.ordered || self.end().is_some() {
            for (due, _) in self.queue.drain(..) {
                self.known.remove(&due.id);
            }
            self.exhausted = false;
        }
    }

    async fn write(&mut self, attempt: Attempt) {
        self.unwritten += 1;
        let health: Health = self.target.health.clone();
        let made = Made { attempt, health, written: self.written.0.clone() };
        self.context.shared.deliveries.recorder.write(made).await;
    }

    fn put_away(&mut self, id: DeliveryId) {
        self.unwritten -= 1;
        self.known.remove(&id);
    }

    async fn hear(&mut self, word: Word) -> Result<(), Outcome> {
        let offered = self.held.offered();
        if word == Word::Changed {
            return self.refresh().await;
        }
        if offered.is_empty() || !self.has_room_for(&offered) {
            self.exhausted = false;
            return Ok(());
        }
        let highest = self.highest;
        let (new, before): (Vec<_>, Vec<_>) = offered.into_iter().partition(|due| due.sequence > highest);
        // Those that several processes tell of may be told in another order than theirs.
        self.exhausted = before.iter().all(|due| self.known.contains(&due.id));
        self.take_in(new).await
    }

    /// Whether what is offered may be taken as it is: all else that is due is in the queue, and the queue is
    /// short.
    fn has_room_for(&self, offered: &[Due]) -> bool {
        let room = self.slots() * AHEAD;
        self.exhausted && !self.target.record.ordered && self.queue.len() + offered.len() <= room
    }

    /// Reads the endpoint again, and what is due; how it has been going is known better here.
    async fn refresh(&mut self) -> Result<(), Outcome> {
        self.refreshed = Instant::now();
        self.exhausted = false;
        let id = self.target.record.id;
        match webhooks::target(&self.context.kernel, id).await? {
            Some(new) => {
                let resumed = new.record.resumed_at != self.target.record.resumed_at;
                let health = if resumed { new.health.clone() } else { self.target.health.clone() };
                self.pace.change(new.record.rate, new.record.resumed_at);
                self.target = Target { health, ..new };
            }
            None => self.target.record.deleted_at = Some(self.context.kernel.clock.now()),
        }
        Ok(())
    }

    /// Waits a little for more; false when nothing came.
    async fn linger(&mut self) -> bool {
        if self.context.shared.deliveries.endpoints.len() > LINGERING {
            return false;
        }
        let (context, patience) = (self.context, self.context.kernel.settings.webhooks.linger);
        tokio::select! {
            word = self.held.listen() => self.hear(word).await.is_ok(),
            () = sleep(patience) => false,
            () = context.cancel.cancelled() => true,
            () = context.draining.cancelled() => true,
        }
    }
}
