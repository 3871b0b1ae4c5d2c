//! Bodies, encoded once for all endpoints and attempts that need them at about the same time.

use bytes::Bytes;
use entities::ids::EventId;
use kernel::{Kernel, contracts::ContractInfo, events};
use platform::Result;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};
use webhooks::wire;

/// Maximum size.
const MAX_BYTES: usize = 2 << 20;
/// The overhead of an entry.
const OVERHEAD: usize = 200;

/// The body of an event.
#[derive(Debug)]
pub(crate) struct Body {
    /// The event's type.
    pub kind: String,
    /// The bytes.
    pub bytes: Bytes,
}

type Key = (&'static str, EventId);

/// See the module. The oldest are evicted first.
#[derive(Default)]
pub(crate) struct Bodies {
    cache: Mutex<BodyCache>,
}

#[derive(Default)]
struct BodyCache {
    bodies: HashMap<Key, Arc<Body>>,
    order: VecDeque<Key>,
    size: usize,
}

impl Bodies {
    /// Encodes a body unless it is cached.
    pub(crate) fn encode(&self, contract: &'static ContractInfo, event: &wire::Event<'_>) {
        if self.get(contract, event.id).is_none() {
            // An encoding error is reported when the delivery is made.
            let _ = self.put(contract, event);
        }
    }

    /// The bodies of these events, except expired ones.
    pub(crate) async fn of(
        &self,
        kernel: &Kernel,
        contract: &'static ContractInfo,
        ids: Vec<EventId>,
    ) -> Result<HashMap<EventId, Arc<Body>>> {
        let (mut found, mut missing) = (HashMap::new(), vec![]);
        for id in ids {
            match self.get(contract, id) {
                Some(body) => drop(found.insert(id, body)),
                None => missing.push(id),
            }
        }
        if !missing.is_empty() {
            for event in events::load(kernel.db.generic_plans_reader(), missing.into_iter()).await? {
                found.insert(event.id, self.put(contract, &wire::Event::from(&event))?);
            }
        }
        Ok(found)
    }

    fn get(&self, contract: &ContractInfo, id: EventId) -> Option<Arc<Body>> {
        self.lock().bodies.get(&(contract.name, id)).cloned()
    }

    fn put(&self, contract: &ContractInfo, event: &wire::Event<'_>) -> Result<Arc<Body>> {
        let bytes = wire::format_of(contract)?.body(event)?.into();
        let body = Arc::new(Body { kind: event.kind.to_owned(), bytes });
        self.lock().put((contract.name, event.id), body.clone());
        Ok(body)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BodyCache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BodyCache {
    fn put(&mut self, key: Key, body: Arc<Body>) {
        self.size += body.bytes.len() + OVERHEAD;
        self.order.push_back(key);
        if let Some(before) = self.bodies.insert(key, body) {
            self.size -= before.bytes.len();
        }
        while self.size > MAX_BYTES
            && let Some(oldest) = self.order.pop_front()
        {
            let length = self.bodies.remove(&oldest).map_or(0, |body| body.bytes.len());
            self.size = self.size.saturating_sub(length + OVERHEAD);
        }
    }
}
