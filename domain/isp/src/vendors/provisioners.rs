//! Provisioners: created by the operator, each with its twin for simulations.

use super::{PageRequest, VendorScope};
use entities::{
    ids::VendorProvisionerId,
    vendor_provisioner::{self, Column, Entity},
};
use kernel::{Kernel, UnitOfWork, events};
use platform::{
    error::{Error, Fault, Field, Result},
    paging::Page,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QuerySelect,
};

/// Maximum length of a name.
const LONGEST_NAME: usize = 200;

/// Creates a provisioner of the actor's organization and its twin for simulations, in this order, and records
/// `provisioner.created` of each. With `suspensions` they get suspensions and resumptions. `Conflict` if the name is in
/// use, `Invalid` for an invalid name.
pub async fn create(
    work: &UnitOfWork,
    name: &str,
    suspensions: bool,
) -> Result<[vendor_provisioner::Model; 2]> {
    if name.trim().is_empty() || name.chars().nth(LONGEST_NAME).is_some() {
        let message = format!("must have 1 to {LONGEST_NAME} characters");
        return Err(Error::invalid(Fault::field(Field::Name, message)));
    }
    let made = [false, true].map(|sandbox| vendor_provisioner::Model {
        id: VendorProvisionerId::new(),
        organization_id: work.actor.organization,
        name: name.into(),
        sandbox,
        suspensions,
        created_at: work.now(),
    });
    let transaction = work.transaction().await?;
    let named = Entity::of_both(work.actor.organization).filter(Column::Name.eq(name));
    if named.count(&transaction).await? > 0 {
        let message = format!("A provisioner named {name} already exists");
        return Err(Error::Conflict { message, field: Some(Field::Name) });
    }
    let rows = made.clone().map(IntoActiveModel::into_active_model);
    Entity::insert_many(rows).exec_without_returning(&transaction).await?;
    for provisioner in &made {
        let object = ("provisioner", provisioner.id.0);
        let event = events::event(&work.actor, "provisioner.created", object, provisioner, work.now())?;
        work.record([event]);
    }
    Ok(made)
}

/// Sets whether the provisioner of that name and its twin get suspensions; returns both. Records `provisioner.updated`
/// of each that changes. `NotFound` if the name is unknown.
pub async fn set_suspensions(
    work: &UnitOfWork,
    name: &str,
    suspensions: bool,
) -> Result<Vec<vendor_provisioner::Model>> {
    let transaction = work.transaction().await?;
    let named = Entity::of_both(work.actor.organization).filter(Column::Name.eq(name));
    let found = named.lock_exclusive().all(&transaction).await?;
    if found.is_empty() {
        return Err(Error::NotFound("Provisioner"));
    }
    let mut set = vec![];
    for before in found {
        let after = vendor_provisioner::Model { suspensions, ..before.clone() };
        if after != before {
            let row = vendor_provisioner::ActiveModel {
                id: Set(after.id),
                suspensions: Set(suspensions),
                ..Default::default()
            };
            row.update(&work.transaction().await?).await?;
            let object = ("provisioner", after.id.0);
            let event =
                events::change(&work.actor, "provisioner.updated", object, (&before, &after), work.now())?;
            work.record([event]);
        }
        set.push(after);
    }
    Ok(set)
}

/// All provisioners of a vendor, live and simulated, oldest first.
pub async fn all(kernel: &Kernel, side: VendorScope) -> Result<Vec<vendor_provisioner::Model>> {
    Ok(Entity::of_both(side.vendor).all(kernel.db.reader()).await?)
}

/// A page of those of one side.
pub async fn list(
    kernel: &Kernel,
    side: VendorScope,
    part: PageRequest,
) -> Result<Page<vendor_provisioner::Model>> {
    part.of(kernel.db.reader(), Entity::of(side.vendor, side.sandbox), [Column::Id]).await
}

/// One of them.
pub async fn get(
    kernel: &Kernel,
    side: VendorScope,
    id: VendorProvisionerId,
) -> Result<vendor_provisioner::Model> {
    side.provisioner(kernel.db.reader(), id).await
}
