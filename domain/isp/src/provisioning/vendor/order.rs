//! An order to a vendor.

use super::{OrderHistory, Service};
use crate::{
    plans::Plans,
    vendors::{self, NewOrder},
};
use engine::ledger::JobLease;
use entities::{
    customer,
    ids::{PlanId, VendorProvisionerId},
    organization,
    vendor_detail::{Change, OrderDetails},
    vendor_request::{self, Address, BillingTerm, Body, OrderedService, RequestType},
};
use kernel::UnitOfWork;
use platform::error::{Error, Result};
use sea_orm::EntityTrait;

/// Orders the service (`None`: its removal) from the vendor, for a waiting job.
pub(super) async fn order(
    work: &UnitOfWork,
    held: JobLease,
    (service, vendor): (&Service, VendorProvisionerId),
    (order_history, wanted): (&OrderHistory, Option<OrderedService>),
) -> Result<vendor_request::Model> {
    let (kind, old) = kind(order_history, wanted.as_ref());
    let before = match (&wanted, kind) {
        (Some(wanted), RequestType::Update) => order_history.differing(wanted),
        _ => None,
    };
    let described = match &wanted {
        Some(wanted) => wanted.clone(),
        // For a removal, the details describe the previous service.
        None => ordered_service(work, service).await?,
    };
    let details = OrderDetails { service: described, change: before.cloned().map(Change::Service) };
    let new = NewOrder {
        provisioner: vendor,
        kind,
        order: service.request,
        waiting: Some(held.id),
        subscription: service.subscription,
        quantity: Some(1),
        body: body(work, service, old).await?,
        service: wanted,
        details: details.to_json()?,
    };
    vendors::order(work, new).await
}

/// The service as ordered.
pub(super) async fn ordered_service(work: &UnitOfWork, service: &Service) -> Result<OrderedService> {
    let plans = Plans::of(&work.transaction().await?, service.organization).await?;
    Ok(OrderedService {
        username: service.username.clone(),
        plan_id: service.plan_id,
        plan_code: plans.code(service.plan_id)?.to_owned(),
        download_mbps: service.download_mbps,
        upload_mbps: service.upload_mbps,
        ipv4: service.ipv4.clone(),
        ipv6: service.ipv6.clone(),
        ont_id: service.ont.clone(),
        suspended: service.suspended,
    })
}

/// The type of the request, and the replaced plan. Possible states count as present. If all of them are what is wanted, a
/// removal without an answer may have been carried out: the service is ordered anew.
fn kind(order_history: &OrderHistory, wanted: Option<&OrderedService>) -> (RequestType, Option<PlanId>) {
    let Some(wanted) = wanted else { return (RequestType::Deprovision, None) };
    if order_history.done.is_none() {
        return (RequestType::NetNew, None);
    }
    match order_history.possible().map(|there| there.plan_id).find(|plan| *plan != wanted.plan_id) {
        Some(old) => (RequestType::ChangeProduct, Some(old)),
        None if order_history.differing(wanted).is_none() => (RequestType::NetNew, None),
        None => (RequestType::Update, None),
    }
}

async fn body(work: &UnitOfWork, service: &Service, old: Option<PlanId>) -> Result<Body> {
    let transaction = work.transaction().await?;
    let partner = organization::Entity::find_by_id(service.organization).one(&transaction).await?;
    let customer = customer::Entity::one_of(service.organization, service.customer).one(&transaction).await?;
    let customer = customer.ok_or(Error::NotFound("Customer"))?;
    let plans = Plans::of(&transaction, service.organization).await?;
    let product = plans.current(service.plan_id)?.clone();
    let old_product_id = old.map(|plan| Ok::<_, Error>(plans.current(plan)?.id.0)).transpose()?;
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

/// The company's name, or the person's.
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
