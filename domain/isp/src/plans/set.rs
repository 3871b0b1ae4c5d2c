//! An organization's own plan.

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

/// What a plan is to be; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// As invoices say it.
    pub name: Option<String>,
    /// Dollars for a month, before promotions and tax.
    pub monthly: Option<Decimal>,
    /// Dollars, once.
    pub activation: Option<Decimal>,
    /// To the customer, in Mbit/s.
    pub download: Option<i32>,
    /// From the customer, in Mbit/s.
    pub upload: Option<i32>,
    /// What makes it work in the network.
    pub provisioner: Option<Provisioner>,
    /// Whose orders those are, of the provisioner `vendor`.
    pub vendor_provisioner: Option<VendorProvisionerId>,
}

/// What events tell of a plan.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    code: &'a str,
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

/// What events tell of a plan.
pub(super) fn shown(plan: &Model) -> Shown<'_> {
    plan.into()
}

/// Changes a plan that the organization sells, which is its own from then on, and records `plan.updated`. What has
/// been subscribed to keeps its price until its plan is changed. `NotFound` where there is no such plan, `Invalid`
/// where nothing is to be changed, for prices, speeds and names that cannot be, for a vendor's provisioner that is not
/// there, and for the provisioner `vendor` without one.
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

/// Whose orders the services of a plan are to be.
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
                refused("must be said with the provisioner vendor; `switchyard provisioner list` lists them")
            }
            (false, Some(_)) => refused("is for the provisioner vendor alone"),
            (false, None) => Ok(None),
        };
    };
    match vendor_provisioner::Entity::find_by_id(id).one(db).await? {
        None => refused("is not known; `switchyard provisioner list` lists them"),
        Some(found) if found.sandbox => refused("is for simulations; say its live twin"),
        Some(_) => Ok(Some(id)),
    }
}

/// The plan with the changes.
pub(super) fn applied(plan: Model, changes: Changes) -> Result<Model> {
    let Changes { name, monthly, activation, download, upload, provisioner, .. } = changes;
    if name.as_ref().is_some_and(|name| name.trim().is_empty() || name.contains('\0')) {
        return Err(Error::invalid(Fault::field(Field::Name, "must say something")));
    }
    Ok(Model {
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
