//! Whose jobs this process holds that go on for as long as there is something to do, and what is said to them.

use entities::ids::EndpointId;
use kernel::domain::webhooks::Due;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::Notify;

/// What is said to whoever holds such a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// There is more to be done.
    More,
    /// What the job is about has changed, and perhaps there is more.
    Changed,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Registry<I> {
    held: Mutex<HashMap<I, Arc<Mailbox>>>,
}

#[derive(Debug, Default)]
struct Mailbox {
    something: Notify,
    changed: AtomicBool,
    offered: Mutex<Vec<Due>>,
}

impl<I> Default for Registry<I> {
    fn default() -> Self {
        Self { held: Mutex::default() }
    }
}

impl<I: Copy + Eq + Hash> Registry<I> {
    /// Holds it until what is returned is dropped, or lets go of it.
    pub(crate) fn hold(self: &Arc<Self>, id: I) -> Claim<I> {
        let ear = Arc::<Mailbox>::default();
        self.lock().insert(id, ear.clone());
        Claim { registry: self.clone(), id, ear }
    }

    /// Whether somebody here holds it.
    pub(crate) fn holds(&self, id: I) -> bool {
        self.lock().contains_key(&id)
    }

    /// How many are held.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Says a word to whoever holds it, if somebody here does.
    pub(crate) fn say(&self, id: I, word: Signal) {
        if let Some(ear) = self.lock().get(&id) {
            ear.hear(word);
        }
    }

    /// Says a word to all.
    pub(crate) fn say_to_all(&self, word: Signal) {
        self.lock().values().for_each(|ear| ear.hear(word));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<I, Arc<Mailbox>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry<EndpointId> {
    /// Offers what has just been made due to whoever holds the endpoint; false if nobody here does. It may find
    /// the same in the database.
    pub(crate) fn offer(&self, id: EndpointId, due: &[Due]) -> bool {
        let held = self.lock();
        let Some(ear) = held.get(&id) else { return false };
        ear.offered.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(due);
        ear.hear(Signal::More);
        true
    }
}

impl Mailbox {
    fn hear(&self, word: Signal) {
        if word == Signal::Changed {
            self.changed.store(true, Ordering::Release);
        }
        self.something.notify_one();
    }
}

/// What is held.
#[derive(Debug)]
pub(crate) struct Claim<I: Copy + Eq + Hash> {
    registry: Arc<Registry<I>>,
    id: I,
    ear: Arc<Mailbox>,
}

impl<I: Copy + Eq + Hash> Claim<I> {
    /// Returns when something has been said since the last time.
    pub(crate) async fn listen(&self) -> Signal {
        self.ear.something.notified().await;
        if self.ear.changed.swap(false, Ordering::AcqRel) { Signal::Changed } else { Signal::More }
    }

    /// What was offered since the last time.
    pub(crate) fn offered(&self) -> Vec<Due> {
        std::mem::take(&mut *self.ear.offered.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets go. Somebody else here may hold it by now: a job whose lease ran out is started again.
    pub(crate) fn let_go(&self) {
        let mut held = self.registry.lock();
        if held.get(&self.id).is_some_and(|ear| Arc::ptr_eq(ear, &self.ear)) {
            held.remove(&self.id);
        }
    }
}

impl<I: Copy + Eq + Hash> Drop for Claim<I> {
    fn drop(&mut self) {
        self.let_go();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn words_reach_whoever_holds_the_endpoint() {
        let (registry, id) = (Arc::new(Registry::default()), EndpointId::new());
        registry.say(id, Signal::Changed);
        let held = registry.hold(id);
        registry.say(id, Signal::Changed);
        registry.say(id, Signal::More);
        assert_eq!(held.listen().await, Signal::Changed);
        registry.say_to_all(Signal::More);
        assert_eq!(held.listen().await, Signal::More);
        assert!(registry.holds(id));
    }

    #[test]
    fn one_that_comes_later_is_not_let_go_by_the_one_before() {
        let (registry, id) = (Arc::new(Registry::default()), EndpointId::new());
        let (first, second) = (registry.hold(id), registry.hold(id));
        drop(first);
        assert!(registry.holds(id));
        second.let_go();
        assert!(!registry.holds(id));
    }
}
