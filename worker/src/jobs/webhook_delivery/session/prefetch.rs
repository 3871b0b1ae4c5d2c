//! Reads due deliveries from the database, or accepts those passed by a fan-out.

use super::{EndpointSession, PREFETCH_FACTOR};
use crate::{deliveries::Signal, jobs::webhook_delivery::send, outcome::Outcome};
use platform::{Error, outbound::Url};
use tokio::time::Instant;
use webhooks::{PendingAttempt, Target};

impl EndpointSession<'_> {
    /// Reads due deliveries when few are left.
    pub(super) async fn prefetch(&mut self) -> Result<(), Outcome> {
        let slots = self.slots();
        // If ordered, the next one is known only when the previous one is recorded.
        let ordered = self.target.record.ordered;
        let busy = if ordered { self.known.len() > self.queue.len() } else { self.queue.len() >= slots };
        if self.exhausted || busy || ordered && !self.queue.is_empty() {
            return Ok(());
        }
        let kernel = &self.context.kernel;
        let limit = self.known.len() + slots * PREFETCH_FACTOR;
        let now = kernel.clock.now();
        let found = webhooks::due(kernel.db.reader(), &self.target.record, limit as u64, now).await?;
        self.exhausted = found.len() < limit;
        let new: Vec<_> = found.into_iter().filter(|due| !self.known.contains(&due.id)).collect();
        self.accept(new).await
    }

    async fn accept(&mut self, new: Vec<PendingAttempt>) -> Result<(), Outcome> {
        let (kernel, bodies) = (&self.context.kernel, &self.context.shared.deliveries.bodies);
        let events = new.iter().map(|due| due.event_id).collect();
        let bodies = bodies.of(kernel, self.target.contract, events).await?;
        for due in new {
            // The same delivery may be announced twice, by Redis and by PostgreSQL.
            if !self.known.insert(due.id) {
                continue;
            }
            self.highest = self.highest.max(due.sequence);
            if let Some(body) = bodies.get(&due.event_id) {
                self.queue.push_back((due, body.clone()));
            } else {
                let now = kernel.clock.now();
                let unsent = send::expired(&due, &self.target.record, now);
                self.write(unsent).await;
            }
        }
        Ok(())
    }

    pub(super) async fn handle_signal(&mut self, word: Signal) -> Result<(), Outcome> {
        let offered = self.held.take_due();
        if word == Signal::Changed {
            // Deliveries read ahead may have been withdrawn.
            self.drop_queue();
            return self.refresh().await;
        }
        if offered.is_empty() || !self.has_room_for(&offered) {
            self.exhausted = false;
            return Ok(());
        }
        let highest = self.highest;
        let (new, before): (Vec<_>, Vec<_>) = offered.into_iter().partition(|due| due.sequence > highest);
        // Announcements of several processes may arrive out of order.
        self.exhausted = before.iter().all(|due| self.known.contains(&due.id));
        self.accept(new).await
    }

    /// Whether the announced deliveries can be accepted directly: everything else due is in the queue, and the queue is
    /// short.
    fn has_room_for(&self, offered: &[PendingAttempt]) -> bool {
        let room = self.slots() * PREFETCH_FACTOR;
        self.exhausted && !self.target.record.ordered && self.queue.len() + offered.len() <= room
    }

    /// Reads the endpoint again, and due deliveries. Its health is more current here than in the database.
    pub(super) async fn refresh(&mut self) -> Result<(), Outcome> {
        self.refreshed = Instant::now();
        self.exhausted = false;
        // If ordered, retries requested meanwhile come before what was read ahead.
        if self.target.record.ordered {
            self.drop_stale_queue();
        }
        let id = self.target.record.id;
        match webhooks::target(&self.context.kernel, id).await? {
            Some(new) => {
                let resumed = new.record.resumed_at != self.target.record.resumed_at;
                let health = if resumed { new.health.clone() } else { self.target.health.clone() };
                self.rate_limiter.change(new.record.rate, new.record.resumed_at);
                self.url = Url::parse(&new.record.url).map_err(Error::internal)?;
                self.target = Target { health, ..new };
            }
            None => self.target.record.deleted_at = Some(self.context.kernel.clock.now()),
        }
        Ok(())
    }
}
