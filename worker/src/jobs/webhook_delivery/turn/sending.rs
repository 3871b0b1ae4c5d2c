//! What a turn has under way, and what becomes of it.

use super::Turn;
use crate::{
    deliveries::Made,
    jobs::webhook_delivery::{
        disable,
        send::{self, InFlightRequest},
    },
    outcome::Outcome,
};
use entities::ids::DeliveryId;
use kernel::{
    domain::webhooks::{Attempt, Disposition, Health},
    metrics,
};
use std::time::Duration;
use tokio::time::Instant;

impl Turn<'_> {
    /// Begins as many as may be under way.
    pub(super) fn launch(&mut self) -> Result<(), Outcome> {
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
        under_way < self.slots() && self.pause().is_none()
    }

    /// How long to wait before the first in the queue may be sent; none: not at all.
    pub(super) fn pause(&self) -> Option<Duration> {
        self.pace.wait().max(self.too_early()).max(self.rest())
    }

    fn rest(&self) -> Option<Duration> {
        let rest = self.rests_until?.saturating_duration_since(Instant::now());
        (!rest.is_zero()).then_some(rest)
    }

    /// How long until the first in the queue is due: in order, it is waited for.
    pub(super) fn too_early(&self) -> Option<Duration> {
        let now = self.context.kernel.clock.now();
        self.queue
            .front()
            .and_then(|(due, _)| (due.due_at - now).to_std().ok())
            .filter(|wait| !wait.is_zero())
    }

    /// Whether the first in the queue is due only when another job had better look.
    pub(super) fn is_far_off(&self) -> bool {
        self.too_early().is_some_and(|wait| wait > self.context.kernel.settings.webhooks.linger)
    }

    /// An attempt has ended.
    pub(super) async fn landed(&mut self, flight: InFlightRequest) -> Result<(), Outcome> {
        if let Some(failure) = flight.own_fault() {
            self.rests_until = Some(Instant::now() + self.shortage.note("host", failure));
            self.put_off(flight);
            return Ok(());
        }
        self.shortage.over();
        let kernel = &self.context.kernel;
        let (verdict, attempt) = flight.land(kernel, &self.target.record);
        let (now, settings) = (kernel.clock.now(), &kernel.settings.webhooks);
        metrics::delivered(attempt.state, Duration::from_millis(attempt.took_ms.unsigned_abs().into()));
        if verdict == Disposition::Delivered {
            if self.target.health.is_on_trial() {
                self.pace.begin_slowly(now);
            }
            self.target.health.succeeded(now);
        } else {
            self.target.health.failed(now, settings);
            self.forget_queue();
            if let Disposition::Again(pause) = verdict {
                let due = Instant::now() + pause;
                self.look_at = Some(self.look_at.map_or(due, |before| before.min(due)));
            }
        }
        let hopeless = self.target.health.is_hopeless(now, settings);
        let last = (hopeless || verdict == Disposition::Gone).then(|| attempt.clone());
        self.write(attempt).await;
        let Some(last) = last else { return Ok(()) };
        let reason =
            if hopeless { "nothing but failures for too long" } else { "the receiver answered 410 Gone" };
        disable(self.context, &self.target, reason, &last).await?;
        self.refresh().await
    }

    /// Nobody was called, and the receiver is not to blame: the attempt is the next one to be made.
    fn put_off(&mut self, InFlightRequest { due, body, .. }: InFlightRequest) {
        self.queue.push_front((due, body));
    }

    /// After a failure the breaker may be open, and in order the failed one comes first: what was read ahead is
    /// read again when its time comes.
    pub(super) fn forget_queue(&mut self) {
        if self.target.record.ordered || self.end().is_some() {
            self.drop_queue();
        }
    }

    /// Has all that was read ahead read again.
    pub(super) fn drop_queue(&mut self) {
        for (due, _) in self.queue.drain(..) {
            self.known.remove(&due.id);
        }
        self.exhausted = false;
    }

    pub(super) async fn write(&mut self, attempt: Attempt) {
        self.unwritten += 1;
        let health: Health = self.target.health.clone();
        let made = Made { attempt, health, written: self.written.0.clone() };
        self.context.shared.deliveries.recorder.write(made).await;
    }

    pub(super) fn put_away(&mut self, id: DeliveryId) {
        self.unwritten -= 1;
        self.known.remove(&id);
    }
}
