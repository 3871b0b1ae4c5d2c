//! Creates plans of an organization.

use super::{
    Changes,
    set::{applied, shown, vendor},
};
use entities::{
    ids::PlanId,
    plan::{Column, Entity, Model, Provisioner},
};
use kernel::{UnitOfWork, events};
use platform::error::{Error, Fault, Field, Result};
use sea_orm::{ActiveModelTrait, ColumnTrait, IntoActiveModel, PaginatorTrait, QueryFilter};

/// Maximum length of a code, in characters.
const LONGEST: usize = 64;

/// A plan to create.
#[derive(Debug, Clone)]
pub struct NewPlan {
    /// The code: capitals, digits and `_`, starting with a letter.
    pub code: String,
    /// The rank: a change to a plan of a higher rank is an upgrade.
    pub rank: i32,
    /// The other values; the monthly price is required. Defaults: the code as the name, no activation fee, speeds of
    /// 1 Mbit/s, the simulator.
    pub terms: Changes,
}

/// Creates a plan of the actor's organization, and records `plan.created`. `Conflict` if it sells a plan with the code
/// already, `Invalid` for an invalid code, without a monthly price, and for values that [`super::set`] rejects.
pub async fn create(work: &UnitOfWork, new: NewPlan) -> Result<Model> {
    let NewPlan { code, rank, terms } = new;
    if !is_code(&code) {
        let message = format!("must be 1 to {LONGEST} capital letters, digits and _, the first a letter");
        return Err(Error::invalid(Fault::field(Field::Plan, message)));
    }
    if terms.monthly.is_none() {
        return Err(Error::invalid(Fault::field(Field::Monthly, "is required")));
    }
    let organization = work.actor.organization;
    let transaction = work.transaction().await?;
    if Entity::of(organization).filter(Column::Code.eq(&code)).count(&transaction).await? > 0 {
        let message = format!("There is a plan {code} already");
        return Err(Error::Conflict { message, field: Some(Field::Plan) });
    }
    let empty = Model {
        id: PlanId::new(),
        organization_id: Some(organization),
        name: code.clone(),
        code,
        rank,
        download_mbps: 1,
        upload_mbps: 1,
        monthly_cents: 0,
        activation_cents: 0,
        provisioner: Provisioner::Simulator,
        vendor_provisioner_id: None,
    };
    let vendor_provisioner_id = vendor(&transaction, &empty, &terms).await?;
    let plan = applied(Model { vendor_provisioner_id, ..empty }, terms)?;
    plan.clone().into_active_model().insert(&transaction).await?;
    let object = ("plan", plan.id.0);
    work.record([events::event(&work.actor, "plan.created", object, &shown(&plan), work.now())?]);
    Ok(plan)
}

fn is_code(code: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    code.len() <= LONGEST
        && code.bytes().all(is_letter)
        && code.as_bytes().first().is_some_and(u8::is_ascii_uppercase)
}
