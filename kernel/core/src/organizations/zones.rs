//! The time zones of organizations, remembered for a while: for what is shown with every subscription of a list.

use super::zone;
use entities::ids::OrganizationId;
use platform::{error::Result, zone::Zone};
use quick_cache::sync::Cache;
use sea_orm::ConnectionTrait;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// For so long a zone may be another one than is shown, where another process has changed it.
const WHILE: Duration = Duration::from_mins(1);
/// How many zones are cached.
const CAPACITY: usize = 10_000;

/// Time zones that this process has looked up. Cheap to clone. What is charged does not go by these.
#[derive(Clone)]
pub struct Zones(Arc<Cache<OrganizationId, (Zone, Instant)>>);

impl Default for Zones {
    fn default() -> Self {
        Self(Arc::new(Cache::new(CAPACITY)))
    }
}

impl Zones {
    /// The organization's time zone, as it was at most a minute ago.
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

    /// Has this process look the organization's zone up again.
    pub(super) fn forget(&self, id: OrganizationId) {
        self.0.remove(&id);
    }
}
