//! Limits concurrent calls, per process and per organization. Further calls wait in order. An organization waits for
//! its own slots first, so that it never has more waiting calls than slots ahead of others.

use crate::{config, open_files};
use entities::ids::OrganizationId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Open files per call: the others are for callers, the database, and idle connections.
const FILES_PER_CALL: u64 = 4;

/// Number of organizations after which idle ones are removed.
const MAX_IDLE: usize = 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct Slots {
    all: Arc<Semaphore>,
    most: usize,
    each: usize,
    of: Mutex<HashMap<OrganizationId, Arc<Semaphore>>>,
}

/// A slot for one call; released when dropped.
#[derive(Debug)]
pub struct Slot {
    _own: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

/// Limits in total and per organization, reduced according to the limit of open files.
pub(super) fn bounds(settings: &config::Outbound, files: u64) -> [usize; 2] {
    let (wanted, each) = (settings.connections, settings.connections_per_organization);
    let all = wanted.min(usize::try_from(files / FILES_PER_CALL).unwrap_or(usize::MAX)).max(1);
    // With fewer slots, each organization has the same share.
    let each = if all < wanted { (each * all / wanted).max(1) } else { each };
    [all, each.min(all)]
}

impl Slots {
    pub(super) fn new(settings: &config::Outbound) -> Self {
        let [all, each] = bounds(settings, open_files::limit());
        Self { all: Arc::new(Semaphore::new(all)), most: all, each, of: Mutex::default() }
    }

    /// Maximum number of concurrent calls.
    pub(super) const fn most(&self) -> usize {
        self.most
    }

    /// Waits for a slot; `None` after closing.
    pub(super) async fn take(&self, organization: OrganizationId) -> Option<Slot> {
        let own = self.of(organization).acquire_owned().await.ok()?;
        let all = self.all.clone().acquire_owned().await.ok()?;
        Some(Slot { _own: own, _all: all })
    }

    fn of(&self, organization: OrganizationId) -> Arc<Semaphore> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if of.len() >= MAX_IDLE && !of.contains_key(&organization) {
            // A taken or awaited slot keeps its semaphore alive.
            of.retain(|_, own| Arc::strong_count(own) > 1);
        }
        of.entry(organization).or_insert_with(|| Arc::new(Semaphore::new(self.each))).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use futures::FutureExt;

    fn slots(connections: usize, connections_per_organization: usize) -> Slots {
        let settings = Settings::default().outbound;
        Slots::new(&config::Outbound { connections, connections_per_organization, ..settings })
    }

    #[test]
    fn with_few_files_there_are_fewer_slots() {
        let settings = Settings::default().outbound;
        let [all, each] = [settings.connections, settings.connections_per_organization];
        assert_eq!(bounds(&settings, u64::MAX), [all, each]);
        assert_eq!(bounds(&settings, 1024), [256, 64]);
        assert_eq!(bounds(&settings, 3), [1, 1]);
    }

    #[tokio::test]
    async fn one_organization_leaves_room_for_others() {
        let (slots, [greedy, modest]) = (slots(3, 2), [(); 2].map(|()| OrganizationId::new()));
        let taken = [slots.take(greedy).await.unwrap(), slots.take(greedy).await.unwrap()];
        let mut more = Box::pin(slots.take(greedy));
        assert!((&mut more).now_or_never().is_none(), "it has as many as it may");
        let other = slots.take(modest).now_or_never().flatten().expect("there is room for another");
        assert!(slots.take(modest).now_or_never().is_none(), "there is no room in all");
        drop(taken);
        assert!(more.await.is_some());
        drop(other);
    }

    #[tokio::test]
    async fn those_that_call_nobody_are_forgotten() {
        let slots = slots(3, 2);
        let held = slots.take(OrganizationId::new()).await;
        for _ in 0..2 * MAX_IDLE {
            slots.take(OrganizationId::new()).await;
        }
        assert!(slots.of.lock().unwrap().len() <= MAX_IDLE);
        drop(held);
    }
}
