//! Assigns ONTs.

use entities::{
    ids::{OltId, OntId, OrganizationId},
    ont::{self, OntStatus},
};
use kernel::{
    UnitOfWork,
    events::{self, Actor},
};
use platform::{
    bulk::{self, SqlType},
    error::Result,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, FromQueryResult, QuerySelect, Statement, Value,
};
use serde::Serialize;
use uuid::Uuid;

/// Assigns an available ONT of an OLT, and records `ont.assigned`; `None` if there is none. An owner that has one gets
/// the same again.
pub async fn take_ont(work: &UnitOfWork, olt: OltId, owner: Uuid) -> Result<Option<ont::Model>> {
    let transaction = work.transaction().await?;
    let kept = ont::Entity::for_owner(work.actor.organization, owner).one(&transaction).await?;
    if kept.is_some() {
        return Ok(kept);
    }
    let mut taken = None;
    // ONTs locked by others are skipped first, and waited for if there are no more, because they may be released.
    for locking in ["for update skip locked", "for update"] {
        taken = take(&transaction, work, olt, owner, locking).await?;
        if taken.is_some() {
            break;
        }
    }
    if let Some(taken) = &taken {
        tell_taken(work, &work.actor, taken).await?;
    }
    Ok(taken)
}

async fn take(
    transaction: &impl ConnectionTrait,
    work: &UnitOfWork,
    olt: OltId,
    owner: Uuid,
    locking: &str,
) -> Result<Option<ont::Model>> {
    let backend = transaction.get_database_backend();
    let locking = bulk::locking(backend, locking);
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

/// Assigns available unlocked ONTs of an OLT to as many of these owners as possible, in order. The owners have none
/// yet. Waits for no lock and records no events: see [`tell_taken`].
pub async fn take_onts(
    work: &UnitOfWork,
    (organization, olt): (OrganizationId, OltId),
    owners: &[Uuid],
) -> Result<Vec<ont::Model>> {
    #[derive(Serialize)]
    struct Row {
        id: OntId,
        owner_id: Uuid,
    }
    let transaction = work.transaction().await?;
    let backend = transaction.get_database_backend();
    let locking = bulk::locking(backend, "for update skip locked");
    let sql = format!(
        "select id from onts where olt_id = $1 and organization_id = $2 and status = 'AVAILABLE'
         order by id limit $3 {locking}"
    );
    let count = i64::try_from(owners.len()).unwrap_or(i64::MAX);
    let values: [Value; 3] = [olt.into(), organization.into(), count.into()];
    let found = transaction.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let ids = found.iter().map(|row| row.try_get("", "id")).collect::<Result<Vec<OntId>, _>>()?;
    let rows: Vec<_> = ids.into_iter().zip(owners).map(|(id, owner)| Row { id, owner_id: *owner }).collect();
    let sql = format!(
        "update onts set status = 'ASSIGNED', owner_id = r.owner_id, assigned_at = $2, updated_at = $2
         from {{rows_by_key}} where onts.id = r.id returning {}",
        bulk::every::<ont::Entity>()
    );
    let fields = &[("id", SqlType::Uuid), ("owner_id", SqlType::Uuid)];
    let statement = bulk::statement(&transaction, &sql, fields, &rows, [work.now().into()])?;
    Ok(ont::Model::find_by_statement(statement).all(&transaction).await?)
}

/// Records `ont.assigned` of an assigned ONT.
pub async fn tell_taken(work: &UnitOfWork, actor: &Actor, taken: &ont::Model) -> Result<()> {
    let before =
        ont::Model { status: OntStatus::Available, owner_id: None, assigned_at: None, ..taken.clone() };
    record_event(work, actor, "ont.assigned", (&before, taken))
}

/// Releases the owner's ONT, and records `ont.released`. Idempotent.
pub async fn give_ont_back(work: &UnitOfWork, owner: Uuid) -> Result<()> {
    let transaction = work.transaction().await?;
    let found = ont::Entity::for_owner(work.actor.organization, owner);
    let Some(before) = found.lock_exclusive().one(&transaction).await? else { return Ok(()) };
    let row = ont::ActiveModel {
        id: Set(before.id),
        status: Set(OntStatus::Available),
        owner_id: Set(None),
        assigned_at: Set(None),
        updated_at: Set(work.now()),
        ..Default::default()
    };
    let after = row.update(&transaction).await?;
    record_event(work, &work.actor, "ont.released", (&before, &after))
}

fn record_event(
    work: &UnitOfWork,
    actor: &Actor,
    kind: &str,
    states: (&ont::Model, &ont::Model),
) -> Result<()> {
    let event = events::change(actor, kind, ("ont", states.1.id.0), states, work.now())?;
    work.record([event]);
    Ok(())
}
