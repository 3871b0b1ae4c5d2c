//! The in-process transport: the embedded platform's queues.

use super::{Depth, PopResult, Priority, QueueEntry, Signals, Transport, Wakeup};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entities::ids::{JobId, OrganizationId};
use platform::error::Result;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Maximum delay of a timer; longer delays are checked again.
const LONGEST: Duration = Duration::from_hours(24);

/// Queues within this process.
#[derive(Default)]
pub struct Memory {
    queues: Mutex<HashMap<String, Queue>>,
    signals: Signals,
}

impl Memory {
    fn with<T>(&self, queue: &str, act: impl FnOnce(&mut Queue) -> T) -> T {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get_mut(queue) {
            return act(queue);
        }
        act(queues.entry(queue.to_owned()).or_default())
    }
}

#[async_trait]
impl Transport for Memory {
    async fn push(&self, queue: &str, pushes: &[QueueEntry]) -> Result<u64> {
        let (now, wall) = (Instant::now(), Utc::now());
        let new = self.with(queue, |queue| {
            let file =
                |queue_entry: &&QueueEntry| queue.file((*queue_entry).clone(), wait(queue_entry, wall), now);
            pushes.iter().filter(file).count()
        });
        self.signals.wake(queue);
        Ok(new as u64)
    }

    async fn pop(&self, queue: &str, max: usize) -> Result<PopResult> {
        Ok(self.with(queue, |queue| queue.take(max, Instant::now())))
    }

    async fn depth(&self, queue: &str) -> Result<Depth> {
        Ok(self.with(queue, |queue| Depth {
            ready: queue.ready.len() as u64,
            delayed: queue.delayed.len() as u64,
        }))
    }

    async fn announce_cancel(&self, id: JobId) -> Result<()> {
        self.signals.cancel(id);
        Ok(())
    }

    async fn announce_wakeup(&self, wakeup: &Wakeup) -> Result<()> {
        self.signals.wakeup(wakeup.clone());
        Ok(())
    }

    fn signals(&self) -> &Signals {
        &self.signals
    }

    async fn status(&self) -> Result<String> {
        Ok("within the process".into())
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }
}

type Tenant = Option<OrganizationId>;

/// The delay of a queue entry, measured with a monotonic clock.
fn wait(queue_entry: &QueueEntry, now: DateTime<Utc>) -> Duration {
    queue_entry.due.and_then(|due| (due - now).to_std().ok()).unwrap_or_default()
}

/// One queue: ready entries by turn, and delayed ones. The Redis transport's scripts do the same with sorted sets.
#[derive(Default)]
struct Queue {
    filed: HashSet<JobId>,
    ready: BTreeMap<(Priority, u64, JobId), QueueEntry>,
    delayed: BTreeMap<(Instant, JobId), QueueEntry>,
    /// The last popped turn, by priority.
    floor: HashMap<Priority, u64>,
    /// The last assigned turn, by priority and tenant.
    turns: HashMap<(Priority, Tenant), u64>,
}

impl Queue {
    /// Adds a queue entry with a delay; false if it was already queued.
    fn file(&mut self, queue_entry: QueueEntry, wait: Duration, now: Instant) -> bool {
        if !self.filed.insert(queue_entry.id) {
            return wait.is_zero() && self.reschedule_earlier(&queue_entry);
        }
        if wait.is_zero() {
            self.line_up(queue_entry);
        } else {
            let ready = now.checked_add(wait).unwrap_or(now + LONGEST);
            self.delayed.insert((ready, queue_entry.id), queue_entry);
        }
        true
    }

    /// A delayed queue entry whose time has been moved to now.
    fn reschedule_earlier(&mut self, queue_entry: &QueueEntry) -> bool {
        let place = self.delayed.iter().find(|(_, delayed)| delayed.id == queue_entry.id);
        let Some(key) = place.map(|(key, _)| *key) else { return false };
        self.delayed.remove(&key).is_some_and(|delayed| {
            self.line_up(delayed);
            true
        })
    }

    fn line_up(&mut self, queue_entry: QueueEntry) {
        let floor = self.floor.get(&queue_entry.priority).copied().unwrap_or(0);
        let last = self.turns.entry((queue_entry.priority, queue_entry.tenant)).or_insert(0);
        *last = floor.max(*last) + 1;
        self.ready.insert((queue_entry.priority, *last, queue_entry.id), queue_entry);
    }

    fn take(&mut self, max: usize, now: Instant) -> PopResult {
        while let Some(due) = self.delayed.first_entry().filter(|entry| entry.key().0 <= now) {
            let queue_entry = due.remove();
            self.line_up(queue_entry);
        }
        let mut ids = Vec::with_capacity(max.min(self.ready.len()));
        while ids.len() < max
            && let Some(((priority, turn, id), _)) = self.ready.pop_first()
        {
            self.floor.insert(priority, turn);
            self.filed.remove(&id);
            ids.push(id);
        }
        if self.ready.is_empty() {
            self.floor.clear();
            self.turns.clear();
        }
        let next_due = self.delayed.first_key_value().map(|((ready, _), _)| ready.duration_since(now));
        PopResult { ids, next_due }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn queue_entry(tenant: OrganizationId, priority: Priority) -> QueueEntry {
        QueueEntry { queue: "q".into(), id: JobId::new(), tenant: Some(tenant), priority, due: None }
    }

    #[test]
    fn a_tenants_backlog_does_not_make_another_wait() {
        let (big, small) = (OrganizationId::new(), OrganizationId::new());
        let (mut queue, now) = (Queue::default(), Instant::now());
        for _ in 0..1000 {
            queue.file(queue_entry(big, Priority::Normal), Duration::ZERO, now);
        }
        queue.take(100, now);
        let late = queue_entry(small, Priority::Normal);
        queue.file(late.clone(), Duration::ZERO, now);
        assert!(queue.take(2, now).ids.contains(&late.id));
    }

    #[test]
    fn delayed_tickets_wait_for_their_time_and_are_filed_once() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        let pause = Duration::from_secs(5);
        let later = queue_entry(OrganizationId::new(), Priority::High);
        assert!(queue.file(later.clone(), pause, now));
        assert!(!queue.file(later.clone(), pause, now));
        let early = queue.take(10, now);
        assert!(early.ids.is_empty());
        assert_eq!(early.next_due, Some(pause));
        assert_eq!(queue.take(10, now + pause).ids, [later.id]);
    }

    #[test]
    fn a_ticket_waits_from_when_it_is_filed() {
        let now = Utc::now();
        let due = |by| QueueEntry {
            due: Some(now + TimeDelta::seconds(by)),
            ..queue_entry(OrganizationId::new(), Priority::Low)
        };
        assert_eq!(wait(&due(5), now), Duration::from_secs(5));
        assert_eq!(wait(&due(-5), now), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn everything_filed_is_taken_once_and_in_order_of_priority(
            kinds in prop::collection::vec((0i16..3, 0u8..4), 0..200), step in 1usize..50,
        ) {
            let tenants: Vec<_> = (0..4).map(|_| OrganizationId::new()).collect();
            let (mut queue, now) = (Queue::default(), Instant::now());
            let mut filed = HashMap::new();
            for (priority, tenant) in kinds {
                let queue_entry = queue_entry(tenants[usize::from(tenant)], Priority::from_number(priority));
                filed.insert(queue_entry.id, priority);
                queue.file(queue_entry, Duration::ZERO, now);
            }
            let mut taken = vec![];
            loop {
                let batch = queue.take(step, now).ids;
                if batch.is_empty() { break }
                taken.extend(batch);
            }
            let order: Vec<_> = taken.iter().map(|id| filed[id]).collect();
            prop_assert!(order.is_sorted());
            taken.sort();
            let mut all: Vec<_> = filed.into_keys().collect();
            all.sort();
            prop_assert_eq!(taken, all);
        }
    }
}
