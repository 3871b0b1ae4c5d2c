//! A locked subscription with its changes.

use super::{
    RESOURCE,
    history::{expected, expected_with, of},
};
use crate::{
    charges::{Change, History},
    payloads::SubscriptionChange,
};
use chrono::{DateTime, SubsecRound, Utc};
use engine::ledger::NewJob;
use entities::{
    ids::{PlanId, SubscriptionChangeId},
    network_service, subscription,
    subscription_change::{Entity, Model},
};
use kernel::{
    UnitOfWork,
    events::{self, payloads::PlannedChange},
};
use platform::error::{Field, Result};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, PaginatorTrait};
use uuid::Uuid;

/// See the module.
pub(super) struct LockedSubscription {
    /// The row.
    pub row: subscription::Model,
    /// Its changes, by effective time.
    pub changes: Vec<Model>,
}

impl LockedSubscription {
    /// Loads the changes of a locked row.
    pub(super) async fn of(work: &UnitOfWork, row: subscription::Model) -> Result<Self> {
        let changes = Entity::of(row.id).all(&work.transaction().await?).await?;
        Ok(Self { row, changes })
    }

    /// The expected charges: see [`expected`].
    pub(super) fn expected(&self) -> Result<History> {
        expected(self.changes.clone())
    }

    /// The expected charges with another change of the plan: see [`expected_with`].
    pub(super) fn expected_with(&self, change: Change, at_once: bool) -> Result<History> {
        expected_with(&self.changes, change, at_once)
    }

    /// The effective time of a change made now.
    pub(super) fn now(&self, work: &UnitOfWork) -> DateTime<Utc> {
        self.not_before_last(work.now().trunc_subsecs(0))
    }

    /// That time, but not before the last applied change, which a process with a fast clock may have made.
    pub(super) fn not_before_last(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let applied = self.changes.iter().filter(|change| change.applied_at.is_some());
        applied
            .flat_map(|change| [Some(change.effective_at), change.billed_at])
            .flatten()
            .fold(at, DateTime::max)
    }

    /// Adds a change: an applied one, or one that a job applies at its time. `Invalid` if the history does not allow it.
    pub(super) async fn insert_change(
        &mut self,
        work: &UnitOfWork,
        change: Change,
        plan: Option<PlanId>,
        applied: bool,
    ) -> Result<Model> {
        of(self.changes.clone())?.with(change.clone()).map_err(|refused| refused.of(Field::Status))?;
        let billed_at = self.billed_from(work, plan, change.at).await?;
        let row = Model {
            id: self.next_id(),
            organization_id: self.row.organization_id,
            subscription_id: self.row.id,
            effective_at: change.at,
            kind: serde_json::to_value(&change.kind)?,
            plan_id: plan,
            applied_at: applied.then(|| work.now()),
            billed_at,
            failed_at: None,
        };
        row.clone().into_active_model().insert(&work.transaction().await?).await?;
        if !applied {
            run_at(work, &self.row, change.at).await?;
            record_planned_change(work, &row, "subscription.change_planned")?;
        }
        self.changes.push(row.clone());
        self.changes.sort_by_key(|change| (change.effective_at, change.id.0));
        Ok(row)
    }

    /// Drops the planned changes that match.
    pub(super) async fn drop_planned(&mut self, work: &UnitOfWork, fits: fn(&Model) -> bool) -> Result<()> {
        let dropped = |change: &Model| change.applied_at.is_none() && fits(change);
        for change in self.changes.iter().filter(|change| dropped(change)) {
            Entity::delete_by_id(change.id).exec(&work.transaction().await?).await?;
            record_planned_change(work, change, "subscription.change_dropped")?;
        }
        self.changes.retain(|change| !dropped(change));
        Ok(())
    }

    /// The start of billing a change of the plan; `None` if the network has to be changed first.
    async fn billed_from(
        &self,
        work: &UnitOfWork,
        plan: Option<PlanId>,
        at: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>> {
        if plan.is_none() {
            return Ok(None);
        }
        let installed = network_service::Entity::installed(self.row.id);
        let is_installed = installed.count(&work.transaction().await?).await? > 0;
        Ok((!is_installed).then_some(at))
    }

    /// Marks a planned change as applied.
    pub(super) async fn applied(&mut self, work: &UnitOfWork, change: &Model) -> Result<()> {
        let billed_at = self.billed_from(work, change.plan_id, change.effective_at).await?;
        self.update_change(work, Model { applied_at: Some(work.now()), billed_at, ..change.clone() }).await
    }

    /// Stores an existing change.
    pub(super) async fn update_change(&mut self, work: &UnitOfWork, changed: Model) -> Result<()> {
        changed.clone().into_active_model().reset_all().update(&work.transaction().await?).await?;
        for change in self.changes.iter_mut().filter(|change| change.id == changed.id) {
            *change = changed.clone();
        }
        Ok(())
    }

    /// An id after all others: changes of the same second are ordered by creation, whatever the clocks of the processes.
    fn next_id(&self) -> SubscriptionChangeId {
        let last = self.changes.iter().map(|change| change.id.0.as_u128() + 1).max().unwrap_or(0);
        SubscriptionChangeId(SubscriptionChangeId::new().0.max(Uuid::from_u128(last)))
    }
}

/// Enqueues a job that applies what is due for the subscription at that time.
pub(super) async fn run_at(work: &UnitOfWork, row: &subscription::Model, at: DateTime<Utc>) -> Result<()> {
    let payload = SubscriptionChange { subscription: row.id, until: at };
    let job = NewJob::new(Some(row.organization_id), &payload)?.run_at(at);
    work.enqueue(job.request_id(work.actor.request_id.clone()), vec![]).await
}

/// Records an event about a planned change.
pub(super) fn record_planned_change(work: &UnitOfWork, change: &Model, event: &str) -> Result<()> {
    let planned = PlannedChange {
        version: PlannedChange::VERSION,
        effective_at: change.effective_at,
        plan_id: change.plan_id,
        change: change.kind.clone(),
    };
    let object = (RESOURCE, change.subscription_id.0);
    work.record([events::event(&work.actor, event, object, &planned, work.now())?]);
    Ok(())
}
