//! The time zones of organizations, remembered for a while: for what is shown with every subscription of a list.

use super::zone;
use crate::{domain::charges::Zone, error::Result};
use entities::ids::OrganizationId;
use sea_orm::ConnectionTrait;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// For so long a zone may be another one than is shown, where another process has changed it.
const WHILE: Duration = Duration::from_mins(1);
/// Zones that are remembered at most: one more, and all are forgotten.
const MOST: usize = 10_000;

/// Time zones that this process has looked up. Cheap to clone. What is charged does not go by these.
#[derive(Clone, Default)]
pub struct Zones(Arc<Mutex<HashMap<OrganizationId, (Zone, Instant)>>>);

impl Zones {
    /// The organization's time zone, as it was at most a minute ago.
    pub async fn of(&self, db: &impl ConnectionTrait, id: OrganizationId) -> Result<Zone> {
        if let Some(known) = self.known(id) {
            return Ok(known);
        }
        let found = zone(db, id).await?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(id, (found.clone(), Instant::now()));
        Ok(found)
    }

    fn known(&self, id: OrganizationId) -> Option<Zone> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&id).filter(|(_, since)| since.elapsed() < WHILE).map(|(zone, _)| zone.clone())
    }

    /// Has this process look the organization's zone up again.
    pub(super) fn forget(&self, id: OrganizationId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}
