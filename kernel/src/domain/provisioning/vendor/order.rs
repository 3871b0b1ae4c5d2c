//! An order to a vendor.

use super::{Answers, Past, Service};
use crate::{
    UnitOfWork,
    domain::{
        plans,
        vendors::{self, NewOrder},
    },
    error::{Error, Result},
    ledger::JobLease,
};
use entities::{
    RawJson, customer,
    ids::VendorProvisionerId,
    organization,
    plan::Tier,
    vendor_request::{self, Address, BillingTerm, Body, RequestType},
};
use sea_orm::EntityTrait;

/// Orders from the vendor what is wanted (none: nothing), for a job that waits for it.
pub(super) async fn order(
    work: &UnitOfWork,
    held: JobLease,
    (service, vendor): (&Service, VendorProvisionerId),
    (past, wanted): (&Past, Option<Answers>),
) -> Result<vendor_request::Model> {
    let (kind, old) = kind(past, wanted.as_ref());
    let changes = match (&wanted, kind) {
        (Some(wanted), RequestType::Update) => past.differing(wanted).map(|before| before.changes(wanted)),
        _ => None,
    };
    // Of what is to go, the vendor is told what it was.
    let mut details = wanted.unwrap_or_else(|| Answers::of(service)).details()?;
    details.extend(changes.transpose()?.into_iter().flatten());
    let new = NewOrder {
        provisioner: vendor,
        kind,
        order: service.request,
        waiting: Some(held.id),
        subscription: service.subscription,
        quantity: Some(1),
        body: body(work, service, old).await?,
        details: RawJson::new(&details)?,
    };
    vendors::order(work, new).await
}

/// What is to be asked for, and the tier whose place another one takes. What may be there counts as if it were.
fn kind(past: &Past, wanted: Option<&Answers>) -> (RequestType, Option<Tier>) {
    let Some(wanted) = wanted else { return (RequestType::Deprovision, None) };
    if past.done.is_none() {
        return (RequestType::NetNew, None);
    }
    match past.possible().map(|there| there.tier).find(|tier| *tier != wanted.tier) {
        Some(old) => (RequestType::ChangeProduct, Some(old)),
        None => (RequestType::Update, None),
    }
}

async fn body(work: &UnitOfWork, service: &Service, old: Option<Tier>) -> Result<Body> {
    let transaction = work.transaction().await?;
    let partner = organization::Entity::find_by_id(service.organization).one(&transaction).await?;
    let customer = customer::Entity::one_of(service.organization, service.customer).one(&transaction).await?;
    let customer = customer.ok_or(Error::NotFound("Customer"))?;
    let product = plans::of_tier(&transaction, service.organization, service.tier).await?;
    let old_product_id = match old {
        Some(tier) => Some(plans::of_tier(&transaction, service.organization, tier).await?.id.0),
        None => None,
    };
    Ok(Body {
        partner_name: partner.map(|partner| partner.name),
        company_id: Some(customer.id.0),
        company_name: Some(name(&customer)),
        company_address: Some(address(customer.service_address)),
        product_id: Some(product.id.0),
        old_product_id,
        product_name: Some(product.name),
        billing_term: Some(BillingTerm::Monthly),
        ..Body::default()
    })
}

/// A business by its own name, a person by theirs.
fn name(customer: &customer::Model) -> String {
    let person = || format!("{} {}", customer.first_name, customer.last_name);
    customer.company_name.clone().unwrap_or_else(person)
}

fn address(place: customer::Address) -> Address {
    Address {
        street: Some(place.street1),
        street2: place.street2,
        city: Some(place.city),
        postcode: Some(place.zip),
        country: Some(place.country),
        state_or_province: Some(place.state),
    }
}
