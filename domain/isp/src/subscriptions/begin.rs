//! The beginning of subscriptions: of one, with all that may have been done to it before, and of many at once, to
//! which nothing was.

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
    error::{Field, Result},
    rows::{self, Type},
};
use sea_orm::ConnectionTrait;
use serde::Serialize;

/// Begins a pending subscription, and records `subscription.activated`. One that has begun, or begins at a date of its
/// own ([`begins_later`]), stays as it is. `Invalid` when it is over.
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

/// Whether it was ordered as installed and its start date is still to come: that date begins it, whatever is installed
/// before.
pub fn begins_later(row: &Model, now: DateTime<Utc>) -> bool {
    row.already_installed && row.starts_at.is_some_and(|at| at > now)
}

/// Begins a subscription that is locked.
pub(super) async fn begin(work: &UnitOfWork, row: Model, at: DateTime<Utc>) -> Result<Model> {
    let at = at.trunc_subsecs(0);
    let plan = plans::current(&work.transaction().await?, row.organization_id, row.plan_id).await?;
    let kind = Kind::Activated(activation(&row, &plan)?);
    let after = begun(&row, at, work.now());
    let mut held = LockedSubscription::of(work, row).await?;
    held.keep(work, Change { at, kind }, None, true).await?;
    change::write(work, &held.row, after, "subscription.activated").await
}

/// On what terms it begins. Whether the promotion could be used was decided with the order, however long the
/// installation has taken since.
fn activation(row: &Model, plan: &plan::Model) -> Result<Activation> {
    let promotion = row.promotion.clone().map(serde_json::from_value::<Promotion>).transpose()?;
    Ok(Activation {
        // At the price that it was ordered at, should the plan have changed meanwhile.
        plan: charges::Plan { price: charges::from_cents(row.monthly_cents), ..plans::charged(plan) },
        fee: charges::from_cents(row.activation_cents),
        promotion: promotion.map(|promotion| Promotion { from: None, until: None, ..promotion }),
    })
}

fn begun(row: &Model, at: DateTime<Utc>, now: DateTime<Utc>) -> Model {
    Model { status: SubscriptionStatus::Active, started_at: Some(at), updated_at: now, ..row.clone() }
}

/// A subscription that begins: how it was, how it is afterwards, and the change that says so.
#[derive(Debug, Clone)]
pub struct Beginning {
    before: Model,
    after: Model,
    change: subscription_change::Model,
}

/// The beginning of a pending subscription to which nothing was done yet, now.
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

/// Begins subscriptions that are locked, each for its actor and on the terms of its organization, and records what
/// [`activate`] records of one.
pub async fn activate_each(work: &UnitOfWork, all: &[(&Actor, &Terms, Beginning)]) -> Result<()> {
    const CHANGES: &rows::Fields = &[
        ("id", Type::Uuid),
        ("organization_id", Type::Uuid),
        ("subscription_id", Type::Uuid),
        ("effective_at", Type::Time),
        ("kind", Type::Json),
        ("plan_id", Type::Uuid),
        ("applied_at", Type::Time),
    ];
    let insert = "insert into subscription_changes ({columns}) select {columns} from {rows}";
    let changes: Vec<_> = all.iter().map(|(_, _, it)| &it.change).collect();
    let transaction = work.transaction().await?;
    transaction.execute_raw(rows::statement(&transaction, insert, CHANGES, &changes, [])?).await?;
    write(&transaction, all).await?;
    for (actor, terms, Beginning { before, after, .. }) in all {
        let told = change::told(actor, terms, (before, after), "subscription.activated")?;
        work.record(told);
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
    const FIELDS: &rows::Fields =
        &[("id", Type::Uuid), ("status", Type::Text), ("started_at", Type::Time), ("updated_at", Type::Time)];
    let row = |(_, _, Beginning { after, .. }): &(&Actor, &Terms, Beginning)| {
        let Model { id, status, started_at, updated_at, .. } = *after;
        Row { id, status, started_at, updated_at }
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    let sql = "update subscriptions
      set status = r.status, started_at = r.started_at, updated_at = r.updated_at
      from {each} where subscriptions.id = r.id";
    db.execute_raw(rows::statement(db, sql, FIELDS, &rows, [])?).await?;
    Ok(())
}
