//! Plans that were looked up, cached: each list of subscriptions shows their codes.

use super::Plans;
use entities::ids::{OrganizationId, PlanId};
use platform::error::Result;
use quick_cache::sync::Cache;
use sea_orm::ConnectionTrait;
use std::sync::Arc;

/// The maximum number of organizations.
const CAPACITY: usize = 10_000;

/// The plans of organizations by id, for their codes, which never change. Prices and ranks may be outdated. Cheap to
/// clone.
#[derive(Clone)]
pub struct PlanCache(Arc<Cache<OrganizationId, Plans>>);

impl Default for PlanCache {
    fn default() -> Self {
        Self(Arc::new(Cache::new(CAPACITY)))
    }
}

impl PlanCache {
    /// The plans as this process last loaded them: later ones are missing.
    pub async fn get(&self, db: &impl ConnectionTrait, organization: OrganizationId) -> Result<Plans> {
        match self.0.get(&organization) {
            Some(plans) => Ok(plans),
            None => self.reload(db, organization).await,
        }
    }

    /// Loads the plans again if one of these is missing; `None` if all are known.
    pub async fn reload_for(
        &self,
        db: &impl ConnectionTrait,
        organization: OrganizationId,
        known: &Plans,
        mut ids: impl Iterator<Item = PlanId>,
    ) -> Result<Option<Plans>> {
        if ids.all(|id| known.code(id).is_ok()) {
            Ok(None)
        } else {
            self.reload(db, organization).await.map(Some)
        }
    }

    async fn reload(&self, db: &impl ConnectionTrait, organization: OrganizationId) -> Result<Plans> {
        let plans = Plans::of(db, organization).await?;
        self.0.insert(organization, plans.clone());
        Ok(plans)
    }
}
