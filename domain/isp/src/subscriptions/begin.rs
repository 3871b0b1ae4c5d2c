//! Activates subscriptions: one, whatever was done to it before, or many that are unchanged.

use super::{LockedSubscription, Terms, change, lock};
use crate::{
    charges::{self, Activation, Change, History, Kind, Promotion},
    plans,
};
use chrono::{DateTime, SubsecRound, Utc};
use entities::{
    ids::{SubscriptionChangeId, SubscriptionId},
    plan,
    subscription::{Model, SubscriptionStatus},
    subscription_change,
};
use kernel::{UnitOfWork, events::Actor};
use platform::{
    bulk::{self, SqlType},
    error::{Field, Result},
};
use sea_orm::ConnectionTrait;
use serde::Serialize;

/// Activates a pending subscription, and records `subscription.activated`. Without effect if it was activated before, or
/// starts later ([`begins_later`]). `Invalid` if it is cancelled.
pub async fn activate(work: &UnitOfWork, id: SubscriptionId, at: DateTime<Utc>) -> Result<Model> {
    let row = lock(work, id).await?;
    if row.started_at.is_some() && row.status != SubscriptionStatus::Cancelled {
        return Ok(row);
    }
    if begins_later(&row, at) {
        return Ok(row);
    }
    begin(work, row, at).await
}

/// Whether it was ordered as already installed, with a start date in the future. That date activates it, whatever is
/// installed before.
pub fn begins_later(row: &Model, now: DateTime<Utc>) -> bool {
    row.already_installed && row.starts_at.is_some_and(|at| at > now)
}

/// Activates a locked subscription.
pub(super) async fn begin(work: &UnitOfWork, row: Model, at: DateTime<Utc>) -> Result<Model> {
    let at = at.trunc_subsecs(0);
    let plan = plans::current(&work.transaction().await?, row.organization_id, row.plan_id).await?;
    let kind = Kind::Activated(activation(&row, &plan)?);
    let after = begun(&row, at, work.now());
    let mut locked = LockedSubscription::of(work, row).await?;
    locked.insert_change(work, Change { at, kind }, None, true).await?;
    change::write(work, &locked.row, after, "subscription.activated").await
}

/// The terms of the activation. Whether the promotion is valid was decided at the order, however long the installation
/// took.
fn activation(row: &Model, plan: &plan::Model) -> Result<Activation> {
    let promotion = row.promotion.clone().map(serde_json::from_value::<Promotion>).transpose()?;
    Ok(Activation {
        // The price of the order, even if the plan has changed since.
        plan: charges::Plan { price: charges::from_cents(row.monthly_cents), ..plans::charged(plan) },
        fee: charges::from_cents(row.activation_cents),
        promotion: promotion.map(|promotion| Promotion { from: None, until: None, ..promotion }),
    })
}

fn begun(row: &Model, at: DateTime<Utc>, now: DateTime<Utc>) -> Model {
    Model { status: SubscriptionStatus::Active, started_at: Some(at), updated_at: now, ..row.clone() }
}

/// An activation: the rows before and after, and the change.
#[derive(Debug, Clone)]
pub struct Beginning {
    before: Model,
    after: Model,
    change: subscription_change::Model,
}

/// The activation of an unchanged pending subscription, now.
pub fn beginning(before: Model, plan: &plan::Model, now: DateTime<Utc>) -> Result<Beginning> {
    let at = now.trunc_subsecs(0);
    let change = Change { at, kind: Kind::Activated(activation(&before, plan)?) };
    let kind = serde_json::to_value(&change.kind)?;
    History::new(vec![change]).map_err(|refused| refused.of(Field::Status))?;
    let change = subscription_change::Model {
        id: SubscriptionChangeId::new(),
        organization_id: before.organization_id,
        subscription_id: before.id,
        effective_at: at,
        kind,
        plan_id: None,
        applied_at: Some(now),
        billed_at: None,
        failed_at: None,
    };
    Ok(Beginning { after: begun(&before, at, now), before, change })
}

/// Activates locked subscriptions, each with its actor and the terms of its organization, and records
/// `subscription.activated` for each.
pub async fn activate_each(work: &UnitOfWork, all: &[(&Actor, &Terms, Beginning)]) -> Result<()> {
    const CHANGES: &bulk::Fields = &[
        ("id", SqlType::Uuid),
        ("organization_id", SqlType::Uuid),
        ("subscription_id", SqlType::Uuid),
        ("effective_at", SqlType::Time),
        ("kind", SqlType::Json),
        ("plan_id", SqlType::Uuid),
        ("applied_at", SqlType::Time),
    ];
    let insert = "insert into subscription_changes ({columns}) select {columns} from {rows}";
    let changes: Vec<_> = all.iter().map(|(_, _, it)| &it.change).collect();
    let transaction = work.transaction().await?;
    transaction.execute_raw(bulk::statement(&transaction, insert, CHANGES, &changes, [])?).await?;
    write(&transaction, all).await?;
    for (actor, terms, Beginning { before, after, .. }) in all {
        let change_events = change::change_events(actor, terms, (before, after), "subscription.activated")?;
        work.record(change_events);
    }
    Ok(())
}

async fn write(db: &impl ConnectionTrait, all: &[(&Actor, &Terms, Beginning)]) -> Result<()> {
    #[derive(Serialize)]
    struct Row {
        id: SubscriptionId,
        status: SubscriptionStatus,
        started_at: Option<DateTime<Utc>>,
        updated_at: DateTime<Utc>,
    }
    const FIELDS: &bulk::Fields = &[
        ("id", SqlType::Uuid),
        ("status", SqlType::Text),
        ("started_at", SqlType::Time),
        ("updated_at", SqlType::Time),
    ];
    let row = |(_, _, Beginning { after, .. }): &(&Actor, &Terms, Beginning)| {
        let Model { id, status, started_at, updated_at, .. } = *after;
        Row { id, status, started_at, updated_at }
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    let sql = "update subscriptions
      set status = r.status, started_at = r.started_at, updated_at = r.updated_at
      from {rows_by_key} where subscriptions.id = r.id";
    db.execute_raw(bulk::statement(db, sql, FIELDS, &rows, [])?).await?;
    Ok(())
}
