//! A session of an endpoint: everything that happens while one job has it.

mod prefetch;
mod sending;

use super::{EndReason, rate_limiter::RateLimiter, send::InFlightRequest};
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
use platform::{Error, outbound::Url, retry::OutageBackoff};
use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};
use webhooks::{PendingAttempt, Target};

/// Attempts read ahead per slot.
const PREFETCH_FACTOR: usize = 16;
/// A session ends after this time, so that other endpoints get a slot.
const MAX_DURATION: Duration = Duration::from_mins(1);
/// How often the endpoint is read again, in case a signal was lost.
const REFRESH: Duration = Duration::from_secs(5);
/// Maximum number of endpoints waiting for more deliveries.
const MAX_LINGERING: usize = 256;

/// See the module.
pub(super) struct EndpointSession<'a> {
    context: &'a JobContext,
    held: &'a Claim<EndpointId>,
    target: Target,
    url: Url,
    rate_limiter: RateLimiter,
    /// The next attempts.
    queue: VecDeque<(PendingAttempt, Arc<Body>)>,
    /// Attempts in flight.
    in_flight: FuturesUnordered<BoxFuture<'static, InFlightRequest>>,
    /// Read but not yet recorded: in the queue, in flight, or being recorded.
    known: HashSet<DeliveryId>,
    /// Of these, those being recorded.
    unwritten: usize,
    written: (mpsc::UnboundedSender<DeliveryId>, mpsc::UnboundedReceiver<DeliveryId>),
    /// Whether the last read found nothing more.
    exhausted: bool,
    /// The highest sequence number read or accepted: lower ones passed later are not accepted again.
    highest: i64,
    began: Instant,
    refreshed: Instant,
    /// When to read again because a retry becomes due.
    check_at: Option<Instant>,
    /// No attempt is started until then, because of a shortage in this process.
    paused_until: Option<Instant>,
    shortage: OutageBackoff,
}

impl<'a> EndpointSession<'a> {
    pub(super) fn new(
        context: &'a JobContext,
        held: &'a Claim<EndpointId>,
        target: Target,
    ) -> Result<Self, Outcome> {
        let settings = &context.kernel.settings.webhooks;
        let rate_limiter = RateLimiter::new(settings, target.record.rate, target.record.resumed_at);
        let url = Url::parse(&target.record.url).map_err(Error::internal)?;
        Ok(Self {
            context,
            held,
            target,
            url,
            rate_limiter,
            queue: VecDeque::new(),
            in_flight: FuturesUnordered::new(),
            known: HashSet::new(),
            unwritten: 0,
            written: mpsc::unbounded_channel(),
            exhausted: false,
            highest: 0,
            began: Instant::now(),
            refreshed: Instant::now(),
            check_at: None,
            paused_until: None,
            shortage: OutageBackoff::new(),
        })
    }

    /// Sends due deliveries until there is a reason to end. Nothing is in flight or unrecorded then.
    pub(super) async fn run(mut self) -> Result<EndReason, Outcome> {
        loop {
            let end = self.end();
            if end.is_none() {
                self.prefetch().await?;
                self.launch()?;
            }
            let at_rest = self.in_flight.is_empty() && self.unwritten == 0;
            match end {
                Some(end) if at_rest => return Ok(end),
                None if at_rest && self.is_due_later() => return Ok(EndReason::Quiet),
                // Signals received meanwhile are handled at once; waiting for another would delay them.
                None if at_rest && self.queue.is_empty() && self.exhausted => {
                    if !self.wait_for_more().await {
                        return Ok(EndReason::Quiet);
                    }
                }
                _ => self.wait(end.is_some()).await?,
            }
        }
    }

    /// Why no further attempt may be started.
    fn end(&self) -> Option<EndReason> {
        let (context, record) = (self.context, &self.target.record);
        if context.cancel.is_cancelled() {
            return Some(EndReason::Cancelled);
        }
        let now = context.kernel.clock.now();
        if let Some(until) = self.target.health.closed_until.filter(|until| now < *until) {
            return Some(EndReason::Open(until));
        }
        let over = context.draining.is_cancelled() || self.began.elapsed() > MAX_DURATION;
        (over || record.status != EndpointStatus::Active || record.deleted_at.is_some())
            .then_some(EndReason::Quiet)
    }

    /// Maximum number of attempts in flight.
    fn slots(&self) -> usize {
        if self.target.record.ordered || self.target.health.is_on_trial() {
            return 1;
        }
        usize::try_from(self.target.record.concurrency).unwrap_or(1)
    }

    /// Waits for the next event.
    async fn wait(&mut self, ending: bool) -> Result<(), Outcome> {
        let pause = if ending || self.queue.is_empty() { None } else { self.pause() };
        let pause = OptionFuture::from(pause.map(sleep));
        tokio::select! {
            Some(request) = self.in_flight.next() => self.complete(request).await?,
            Some(id) = self.written.1.recv() => self.mark_written(id),
            word = self.held.listen() => self.handle_signal(word).await?,
            Some(()) = pause => {}
            () = sleep_until(self.refreshed + REFRESH) => self.refresh().await?,
            () = sleep_until(self.check_at.unwrap_or(self.began)), if self.check_at.is_some() => {
                (self.check_at, self.exhausted) = (None, false);
            }
            () = self.context.cancel.cancelled(), if !ending => {}
            () = self.context.draining.cancelled(), if !ending => {}
        }
        Ok(())
    }

    /// Waits a moment for more; false if nothing came.
    async fn wait_for_more(&mut self) -> bool {
        if self.context.shared.deliveries.endpoints.len() > MAX_LINGERING {
            return false;
        }
        let (context, patience) = (self.context, self.context.kernel.settings.webhooks.linger);
        tokio::select! {
            word = self.held.listen() => self.handle_signal(word).await.is_ok(),
            () = sleep(patience) => false,
            () = context.cancel.cancelled() => true,
            () = context.draining.cancelled() => true,
        }
    }
}
