//! A turn of an endpoint: everything that happens while one job holds it.

mod reading;
mod sending;

use super::{End, pace::Pace, send::InFlightRequest};
use crate::{
    context::JobContext,
    deliveries::{Body, Claim},
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
    domain::webhooks::{Due, Target},
    outbound::Url,
    retry::OutageBackoff,
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
    held: &'a Claim<EndpointId>,
    target: Target,
    url: Url,
    pace: Pace,
    /// What is to be sent next.
    queue: VecDeque<(Due, Arc<Body>)>,
    /// What is under way.
    flying: FuturesUnordered<BoxFuture<'static, InFlightRequest>>,
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
    /// Until when nothing is begun, since this process is short of what it needs to call anybody.
    rests_until: Option<Instant>,
    shortage: OutageBackoff,
}

impl<'a> Turn<'a> {
    pub(super) fn new(
        context: &'a JobContext,
        held: &'a Claim<EndpointId>,
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
            rests_until: None,
            shortage: OutageBackoff::new(),
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

    /// Waits for whatever comes first.
    async fn wait(&mut self, ending: bool) -> Result<(), Outcome> {
        let pause = if ending || self.queue.is_empty() { None } else { self.pause() };
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
