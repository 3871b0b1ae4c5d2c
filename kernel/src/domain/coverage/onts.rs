//! Who gets which ONT.

use crate::{Work, error::Result, events};
use entities::{
    ids::OltId,
    ont::{self, OntStatus},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend, FromQueryResult, QuerySelect, Statement,
    Value,
};
use uuid::Uuid;

/// Takes a free ONT of an OLT, and records `ont.assigned`; none when none is left. The same owner gets the one
/// that it has.
pub async fn take_ont(work: &Work, olt: OltId, owner: Uuid) -> Result<Option<ont::Model>> {
    let transaction = work.transaction().await?;
    let kept = ont::Entity::for_owner(work.actor.organization, owner).one(&*transaction).await?;
    if kept.is_some() {
        return Ok(kept);
    }
    let mut taken = None;
    // Those that others are taking are passed over first, and waited for when there are no more: they may yet be
    // given back.
    for locking in ["for update skip locked", "for update"] {
        taken = take(&*transaction, work, olt, owner, locking).await?;
        if taken.is_some() {
            break;
        }
    }
    drop(transaction);
    if let Some(taken) = &taken {
        let before =
            ont::Model { status: OntStatus::Available, owner_id: None, assigned_at: None, ..taken.clone() };
        tell(work, "ont.assigned", (&before, taken)).await?;
    }
    Ok(taken)
}

async fn take(
    transaction: &impl ConnectionTrait,
    work: &Work,
    olt: OltId,
    owner: Uuid,
    locking: &str,
) -> Result<Option<ont::Model>> {
    let backend = transaction.get_database_backend();
    let locking = if backend == DbBackend::Postgres { locking } else { "" };
    let sql = format!(
        "update onts set status = 'ASSIGNED', owner_id = $3, assigned_at = $4, updated_at = $4 where id =
           (select id from onts where olt_id = $1 and organization_id = $2 and status = 'AVAILABLE'
            order by id limit 1 {locking})
         returning *"
    );
    let values: [Value; 4] = [olt.into(), work.actor.organization.into(), owner.into(), work.now().into()];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    Ok(ont::Model::find_by_statement(statement).one(transaction).await?)
}

/// Gives back the ONT that was taken for this, and records `ont.released`. Again, it does nothing.
pub async fn give_ont_back(work: &Work, owner: Uuid) -> Result<()> {
    let transaction = work.transaction().await?;
    let found = ont::Entity::for_owner(work.actor.organization, owner);
    let Some(before) = found.lock_exclusive().one(&*transaction).await? else { return Ok(()) };
    let row = ont::ActiveModel {
        id: Set(before.id),
        status: Set(OntStatus::Available),
        owner_id: Set(None),
        assigned_at: Set(None),
        updated_at: Set(work.now()),
        ..Default::default()
    };
    let after = row.update(&*transaction).await?;
    drop(transaction);
    tell(work, "ont.released", (&before, &after)).await
}

async fn tell(work: &Work, kind: &str, states: (&ont::Model, &ont::Model)) -> Result<()> {
    let event = events::change(&work.actor, kind, ("ont", states.1.id.0), states, work.now())?;
    work.record(&[event]).await
}
