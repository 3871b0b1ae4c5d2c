//! Changes plans of an organization.

use super::Plans;
use crate::charges::{self, as_number, from_cents, to_cents};
use entities::{
    ids::{PlanId, VendorProvisionerId},
    plan::{Column, Entity, Model, Provisioner},
    vendor_provisioner,
};
use kernel::{UnitOfWork, events};
use platform::error::{Error, Fault, Field, Result};
use rust_decimal::Decimal;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};
use serde::Serialize;

/// The new values of a plan; `None` keeps a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The rank: a change to a plan of a higher rank is an upgrade.
    pub rank: Option<i32>,
    /// The name on invoices.
    pub name: Option<String>,
    /// The monthly price in dollars, before promotions and tax.
    pub monthly: Option<Decimal>,
    /// The activation fee in dollars.
    pub activation: Option<Decimal>,
    /// The download speed, in Mbit/s.
    pub download: Option<i32>,
    /// The upload speed, in Mbit/s.
    pub upload: Option<i32>,
    /// The provisioner.
    pub provisioner: Option<Provisioner>,
    /// The vendor's provisioner, for the provisioner `vendor`.
    pub vendor_provisioner: Option<VendorProvisionerId>,
}

/// The payload of events about a plan.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    code: &'a str,
    rank: i32,
    name: &'a str,
    download_mbps: i32,
    upload_mbps: i32,
    #[serde(serialize_with = "as_number")]
    monthly_price: Decimal,
    #[serde(serialize_with = "as_number")]
    activation_price: Decimal,
    provisioner: Provisioner,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_provisioner: Option<VendorProvisionerId>,
}

impl<'a> From<&'a Model> for Shown<'a> {
    fn from(plan: &'a Model) -> Self {
        Self {
            code: &plan.code,
            rank: plan.rank,
            name: &plan.name,
            download_mbps: plan.download_mbps,
            upload_mbps: plan.upload_mbps,
            monthly_price: from_cents(plan.monthly_cents),
            activation_price: from_cents(plan.activation_cents),
            provisioner: plan.provisioner,
            vendor_provisioner: plan.vendor_provisioner_id,
        }
    }
}

/// The payload of events about a plan.
pub(super) fn shown(plan: &Model) -> Shown<'_> {
    plan.into()
}

/// Changes a plan that the organization sells, which becomes its own plan, and records `plan.updated`. Existing
/// subscriptions keep their price until their plan is changed. `NotFound` for an unknown plan, `Invalid` if nothing
/// changes, for invalid prices, speeds and names, for an unknown provisioner of a vendor, and for the provisioner
/// `vendor` without one.
pub async fn set(work: &UnitOfWork, id: PlanId, changes: Changes) -> Result<Model> {
    if changes == Changes::default() {
        return Err(Error::Invalid { message: "There is nothing to change".into(), faults: vec![] });
    }
    let organization = work.actor.organization;
    let transaction = work.transaction().await?;
    let current = Plans::of(&transaction, organization).await?.current(id)?.clone();
    let own = Entity::find().filter(Column::OrganizationId.eq(organization));
    let own = own.filter(Column::Code.eq(&current.code));
    let own = own.lock_exclusive().one(&transaction).await?;
    let is_new = own.is_none();
    let before = own.unwrap_or(current);
    let vendor_provisioner_id = vendor(&transaction, &before, &changes).await?;
    let base = Model { organization_id: Some(organization), vendor_provisioner_id, ..before.clone() };
    let after = applied(if is_new { Model { id: PlanId::new(), ..base } } else { base }, changes)?;
    let row = after.clone().into_active_model().reset_all();
    if is_new {
        row.insert(&transaction).await?
    } else {
        row.update(&transaction).await?
    };
    let (object, shown) = (("plan", after.id.0), (&Shown::from(&before), &Shown::from(&after)));
    work.record([events::change(&work.actor, "plan.updated", object, shown, work.now())?]);
    Ok(after)
}

/// The vendor's provisioner of a plan.
pub(super) async fn vendor(
    db: &impl ConnectionTrait,
    before: &Model,
    changes: &Changes,
) -> Result<Option<VendorProvisionerId>> {
    let refused = |text: &str| Err(Error::invalid(Fault::field(Field::VendorProvisioner, text)));
    let (is_vendor, given) = (
        changes.provisioner.unwrap_or(before.provisioner) == Provisioner::Vendor,
        changes.vendor_provisioner,
    );
    let Some(id) = given.or(before.vendor_provisioner_id).filter(|_| is_vendor) else {
        return match (is_vendor, given) {
            (true, _) => {
                refused("is required with the provisioner vendor; `switchyard provisioner list` lists them")
            }
            (false, Some(_)) => refused("is only for the provisioner vendor"),
            (false, None) => Ok(None),
        };
    };
    match vendor_provisioner::Entity::find_by_id(id).one(db).await? {
        None => refused("is not known; `switchyard provisioner list` lists them"),
        Some(found) if found.sandbox => refused("is for simulations; use the live one of the two"),
        Some(_) => Ok(Some(id)),
    }
}

/// Applies the changes to the plan.
pub(super) fn applied(plan: Model, changes: Changes) -> Result<Model> {
    let Changes { rank, name, monthly, activation, download, upload, provisioner, .. } = changes;
    if name.as_ref().is_some_and(|name| name.trim().is_empty() || name.contains('\0')) {
        return Err(Error::invalid(Fault::field(Field::Name, "must not be empty")));
    }
    Ok(Model {
        rank: rank.unwrap_or(plan.rank),
        name: name.unwrap_or(plan.name),
        monthly_cents: cents(Field::Monthly, monthly, plan.monthly_cents)?,
        activation_cents: cents(Field::Activation, activation, plan.activation_cents)?,
        download_mbps: mbps(Field::Download, download, plan.download_mbps)?,
        upload_mbps: mbps(Field::Upload, upload, plan.upload_mbps)?,
        provisioner: provisioner.unwrap_or(plan.provisioner),
        ..plan
    })
}

fn cents(field: Field, given: Option<Decimal>, before: i64) -> Result<i64> {
    let Some(dollars) = given else { return Ok(before) };
    charges::check(dollars).map_err(|refused| refused.of(field))?;
    to_cents(dollars).ok_or_else(|| Error::internal("a price that was checked has less than cents"))
}

fn mbps(field: Field, given: Option<i32>, before: i32) -> Result<i32> {
    match given.unwrap_or(before) {
        speed @ 1..=1_000_000 => Ok(speed),
        _ => Err(Error::invalid(Fault::field(field, "must be from 1 to 1,000,000 Mbit/s"))),
    }
}
