//! Customers: create, read, update, and create in bulk.

mod create_many;

pub use create_many::{Row, create_many, existing};

use chrono::{DateTime, Utc};
use entities::{
    customer::{self, Address, CustomerStatus, CustomerType, Metadata},
    ids::{CustomerId, OrganizationId},
};
use kernel::{
    Kernel, UnitOfWork,
    events::{self, Actor},
};
use platform::{FieldUpdate, paging::Page};
use platform::{
    error::{Error, Field, Result},
    mail,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel, QuerySelect, SqlErr, TryIntoModel};
use serde::{Deserialize, Serialize};

/// A new customer. Field rules are checked by the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCustomer {
    /// Unique within the organization, ignoring case.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Any text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// A person or a business.
    #[serde(rename = "type")]
    pub kind: CustomerType,
    /// The business's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    /// The service address.
    pub service_address: Address,
    /// The billing address, if different.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// The partner's own data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

/// Changes of a customer; `None` and [`FieldUpdate::Keep`] leave a value unchanged.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields are those of `NewCustomer`")]
pub struct Changes {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: FieldUpdate<String>,
    pub kind: Option<CustomerType>,
    pub company_name: FieldUpdate<String>,
    pub service_address: Option<Address>,
    pub billing_address: FieldUpdate<Address>,
    pub metadata: FieldUpdate<Metadata>,
}

/// The normalized e-mail address, unique within an organization.
pub fn email_key(email: &str) -> String {
    mail::normalized(email)
}

/// The row of a new customer.
fn model(organization: OrganizationId, new: NewCustomer, now: DateTime<Utc>) -> customer::Model {
    customer::Model {
        id: CustomerId::new(),
        organization_id: organization,
        email_key: email_key(&new.email),
        email: new.email,
        first_name: new.first_name,
        last_name: new.last_name,
        phone: new.phone,
        kind: new.kind,
        company_name: new.company_name,
        status: CustomerStatus::Active,
        service_address: new.service_address,
        billing_address: new.billing_address,
        metadata: new.metadata,
        created_at: now,
        updated_at: now,
    }
}

fn event(actor: &Actor, kind: &str, customer: &customer::Model) -> Result<entities::event::Model> {
    events::event(actor, kind, ("customer", customer.id.0), customer, customer.updated_at)
}

/// Creates a customer and records `customer.created`. `Conflict` if the organization already has the e-mail address.
pub async fn create(work: &UnitOfWork, new: NewCustomer) -> Result<customer::Model> {
    let customer = model(work.actor.organization, new, work.now());
    let transaction = work.transaction().await?;
    let insert = customer.clone().into_active_model().insert(&transaction).await;
    insert.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => taken(),
        _ => error.into(),
    })?;
    work.record([event(&work.actor, "customer.created", &customer)?]);
    Ok(customer)
}

fn taken() -> Error {
    Error::Conflict { message: TAKEN.into(), field: Some(Field::Email) }
}

/// The error for an e-mail address in use.
pub const TAKEN: &str = "A customer with this email already exists";

/// A page of the organization's customers, oldest first. `page` counts from 1.
pub async fn list(
    kernel: &Kernel,
    organization: OrganizationId,
    page: u64,
    limit: u64,
) -> Result<Page<customer::Model>> {
    kernel.positions.page::<customer::Entity>(kernel.db.reader(), organization, page, limit).await
}

/// One customer of the organization.
pub async fn get(kernel: &Kernel, organization: OrganizationId, id: CustomerId) -> Result<customer::Model> {
    let found = customer::Entity::one_of(organization, id).one(kernel.db.reader()).await?;
    found.ok_or(Error::NotFound("Customer"))
}

/// Updates a customer and records `customer.updated` if anything changes. Concurrent updates wait for each other.
pub async fn update(work: &UnitOfWork, id: CustomerId, changes: Changes) -> Result<customer::Model> {
    let transaction = work.transaction().await?;
    let found = customer::Entity::one_of(work.actor.organization, id);
    let before = found.lock_exclusive().one(&transaction).await?.ok_or(Error::NotFound("Customer"))?;
    let row = apply(before.clone(), changes, work.now());
    let after = row.clone().try_into_model()?;
    if (customer::Model { updated_at: before.updated_at, ..after }) == before {
        return Ok(before);
    }
    let after = row.update(&transaction).await?;
    let object = ("customer", after.id.0);
    let event = events::change(&work.actor, "customer.updated", object, (&before, &after), after.updated_at)?;
    work.record([event]);
    Ok(after)
}

fn apply(customer: customer::Model, changes: Changes, now: DateTime<Utc>) -> customer::ActiveModel {
    let mut row = customer.into_active_model();
    macro_rules! set {
        ($($field:ident: $value:expr),+ $(,)?) => {
            $(if let Some(value) = $value { row.$field = Set(value); })+
        };
    }
    set! {
        first_name: changes.first_name,
        last_name: changes.last_name,
        kind: changes.kind,
        service_address: changes.service_address,
    }
    changes.phone.apply(&mut row.phone);
    changes.company_name.apply(&mut row.company_name);
    changes.billing_address.apply(&mut row.billing_address);
    changes.metadata.apply(&mut row.metadata);
    row.updated_at = Set(now);
    row
}
