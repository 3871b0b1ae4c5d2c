//! The long-running jobs of this process (by endpoint or organization), and the signals to them.

use entities::ids::EndpointId;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::Notify;
use webhooks::PendingAttempt;

/// A signal to such a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// There is more to do.
    More,
    /// The endpoint has changed, and there may be more to do.
    Changed,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Registry<I> {
    held: Mutex<HashMap<I, Arc<Mailbox>>>,
}

#[derive(Debug, Default)]
struct Mailbox {
    wakeup: Notify,
    changed: AtomicBool,
    due: Mutex<Vec<PendingAttempt>>,
}

impl<I> Default for Registry<I> {
    fn default() -> Self {
        Self { held: Mutex::default() }
    }
}

impl<I: Copy + Eq + Hash> Registry<I> {
    /// Registers an id until the claim is dropped or unregistered.
    pub(crate) fn register(self: &Arc<Self>, id: I) -> Claim<I> {
        let mailbox = Arc::<Mailbox>::default();
        self.lock().insert(id, mailbox.clone());
        Claim { registry: self.clone(), id, mailbox }
    }

    /// Whether this process has it.
    pub(crate) fn contains(&self, id: I) -> bool {
        self.lock().contains_key(&id)
    }

    /// The number of registered ids.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Notifies the holder, if this process has one.
    pub(crate) fn notify(&self, id: I, signal: Signal) {
        if let Some(mailbox) = self.lock().get(&id) {
            mailbox.notify(signal);
        }
    }

    /// Notifies all holders.
    pub(crate) fn notify_all(&self, signal: Signal) {
        self.lock().values().for_each(|mailbox| mailbox.notify(signal));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<I, Arc<Mailbox>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry<EndpointId> {
    /// Passes new deliveries to the endpoint's session; false if this process has none. The session may find the same
    /// deliveries in the database.
    pub(crate) fn push(&self, id: EndpointId, due: &[PendingAttempt]) -> bool {
        let held = self.lock();
        let Some(mailbox) = held.get(&id) else { return false };
        mailbox.due.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(due);
        mailbox.notify(Signal::More);
        true
    }
}

impl Mailbox {
    fn notify(&self, signal: Signal) {
        if signal == Signal::Changed {
            self.changed.store(true, Ordering::Release);
        }
        self.wakeup.notify_one();
    }
}

/// A registered id.
#[derive(Debug)]
pub(crate) struct Claim<I: Copy + Eq + Hash> {
    registry: Arc<Registry<I>>,
    id: I,
    mailbox: Arc<Mailbox>,
}

impl<I: Copy + Eq + Hash> Claim<I> {
    /// Returns when there was a signal since the last call.
    pub(crate) async fn listen(&self) -> Signal {
        self.mailbox.wakeup.notified().await;
        if self.mailbox.changed.swap(false, Ordering::AcqRel) { Signal::Changed } else { Signal::More }
    }

    /// Takes the deliveries passed since the last call.
    pub(crate) fn take_due(&self) -> Vec<PendingAttempt> {
        std::mem::take(&mut *self.mailbox.due.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Unregisters the id, unless another claim has replaced this one: a job whose lease expired is started again.
    pub(crate) fn unregister(&self) {
        let mut held = self.registry.lock();
        if held.get(&self.id).is_some_and(|mailbox| Arc::ptr_eq(mailbox, &self.mailbox)) {
            held.remove(&self.id);
        }
    }
}

impl<I: Copy + Eq + Hash> Drop for Claim<I> {
    fn drop(&mut self) {
        self.unregister();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn words_reach_whoever_holds_the_endpoint() {
        let (registry, id) = (Arc::new(Registry::default()), EndpointId::new());
        registry.notify(id, Signal::Changed);
        let held = registry.register(id);
        registry.notify(id, Signal::Changed);
        registry.notify(id, Signal::More);
        assert_eq!(held.listen().await, Signal::Changed);
        registry.notify_all(Signal::More);
        assert_eq!(held.listen().await, Signal::More);
        assert!(registry.contains(id));
    }

    #[test]
    fn one_that_comes_later_is_not_let_go_by_the_one_before() {
        let (registry, id) = (Arc::new(Registry::default()), EndpointId::new());
        let (first, second) = (registry.register(id), registry.register(id));
        drop(first);
        assert!(registry.contains(id));
        second.unregister();
        assert!(!registry.contains(id));
    }
}
