//! One fan-out at a time of an organization's events in a process.

use entities::ids::OrganizationId;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// Whether the one whose turn it is was asked to look once more.
    taken: Mutex<HashMap<OrganizationId, bool>>,
}

impl Turns {
    /// Takes the turn; none when it is taken. Whoever has it then looks once more before the end, so what is
    /// queued by now is seen to: its job is open for as long as that takes, and is run again if it fails.
    pub(crate) fn take(&self, organization: OrganizationId) -> Option<Turn<'_>> {
        let mut taken = self.lock();
        if let Some(again) = taken.get_mut(&organization) {
            *again = true;
            return None;
        }
        taken.insert(organization, false);
        Some(Turn { turns: self, organization })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<OrganizationId, bool>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    organization: OrganizationId,
}

impl Turn<'_> {
    /// Ends the turn, unless somebody has asked meanwhile: then it goes on, and this is false.
    pub(crate) fn end(&self) -> bool {
        let mut taken = self.turns.lock();
        let asked = taken.get_mut(&self.organization).is_some_and(std::mem::take);
        if !asked {
            taken.remove(&self.organization);
        }
        !asked
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.lock().remove(&self.organization);
    }
}
