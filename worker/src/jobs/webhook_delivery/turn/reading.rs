//! What a turn is to send: read from the database, or heard of.

use super::{AHEAD, Turn};
use crate::{deliveries::Signal, jobs::webhook_delivery::send, outcome::Outcome};
use kernel::domain::webhooks::{self, Due, Target};
use tokio::time::Instant;

impl Turn<'_> {
    /// Reads what is due, when little is left.
    pub(super) async fn fill(&mut self) -> Result<(), Outcome> {
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
        let bodies = bodies.of(kernel, self.target.contract, events).await?;
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
                let unsent = send::without_event(&due, &self.target.record, now);
                self.write(unsent).await;
            }
        }
        Ok(())
    }

    pub(super) async fn hear(&mut self, word: Signal) -> Result<(), Outcome> {
        let offered = self.held.offered();
        if word == Signal::Changed {
            // What was read ahead may have been withdrawn.
            self.drop_queue();
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
    pub(super) async fn refresh(&mut self) -> Result<(), Outcome> {
        self.refreshed = Instant::now();
        self.exhausted = false;
        // In order, what was asked for meanwhile comes before what was read ahead.
        if self.target.record.ordered {
            self.forget_queue();
        }
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
}
