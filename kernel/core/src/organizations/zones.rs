//! A cache of organizations' time zones, for lists of subscriptions.

use super::zone;
use entities::ids::OrganizationId;
use platform::{error::Result, zone::Zone};
use quick_cache::sync::Cache;
use sea_orm::ConnectionTrait;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a zone changed by another process may be stale.
const WHILE: Duration = Duration::from_mins(1);
/// How many zones are cached.
const CAPACITY: usize = 10_000;

/// Cached time zones. Cheap to clone. For display only: charges read the database.
#[derive(Clone)]
pub struct Zones(Arc<Cache<OrganizationId, (Zone, Instant)>>);

impl Default for Zones {
    fn default() -> Self {
        Self(Arc::new(Cache::new(CAPACITY)))
    }
}

impl Zones {
    /// The organization's time zone, at most a minute old.
    pub async fn of(&self, db: &impl ConnectionTrait, id: OrganizationId) -> Result<Zone> {
        if let Some((zone, since)) = self.0.get(&id)
            && since.elapsed() < WHILE
        {
            return Ok(zone);
        }
        let found = zone(db, id).await?;
        self.0.insert(id, (found.clone(), Instant::now()));
        Ok(found)
    }

    /// Removes the organization's zone from the cache.
    pub(super) fn forget(&self, id: OrganizationId) {
        self.0.remove(&id);
    }
}
