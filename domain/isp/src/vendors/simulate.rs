//! Simulated orders: with given or sample values, and delivered like real ones.

use super::{
    VendorScope,
    delivery_status::{Attempt, DeliveryStatus},
    open::{CreatedRequest, GivenOrder, NewRequest, open},
};
use entities::{
    RawJson, endpoint,
    ids::SubscriptionId,
    plan::standard::RESIDENTIAL_500,
    vendor_detail::{self, Change, OrderDetails},
    vendor_provisioner::{self, Column, Entity},
    vendor_request::{self, Address, BillingTerm, Body, OrderedService, RequestType},
};
use kernel::UnitOfWork;
use platform::error::{Error, Fault, Field, Result, Term};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use uuid::Uuid;

/// A simulated order; omitted values get samples.
#[derive(Debug, Default)]
pub struct Simulated {
    /// The type.
    pub kind: Option<RequestType>,
    /// The company.
    pub partner: Option<Uuid>,
    /// The subscription.
    pub subscription: Option<Uuid>,
    /// The quantity.
    pub quantity: Option<i64>,
    /// The other values.
    pub body: Body,
    /// The answers to the product's questions.
    pub details: Option<RawJson>,
    /// The ids and times of the request, its details and its attempt.
    pub given: GivenOrder,
}

/// A created simulated order.
#[derive(Debug)]
pub struct Made {
    /// The request.
    pub request: vendor_request::Model,
    /// Its details.
    pub detail: vendor_detail::Model,
    /// Its attempt.
    pub attempt: Attempt,
}

/// Creates a simulated order for the actor's organization, as [`super::order`] creates a real one, for the provisioner
/// of the most recently registered webhook, or without webhooks the newest one. `Invalid` for a contradictory volume,
/// `Conflict` if the vendor has no provisioner for simulations or an id is in use; `Forbidden` for live credentials.
pub async fn simulate(work: &UnitOfWork, new: Simulated) -> Result<Made> {
    if !work.actor.sandbox {
        return Err(Error::Forbidden("Simulated orders need simulation credentials".into()));
    }
    check_volume(&new.body)?;
    let provisioner = provisioner(work).await?;
    let CreatedRequest { request, detail, attempt } = open(work, &provisioner, new_request(new)?).await?;
    Ok(Made {
        request,
        detail,
        attempt: Attempt { record: attempt, delivery_status: DeliveryStatus::pending() },
    })
}

fn check_volume(body: &Body) -> Result<()> {
    let volume = body.commitment.as_ref().and_then(|commitment| commitment.volume.as_ref());
    match volume.and_then(|volume| Some((volume.min_amount?, volume.max_amount?))) {
        Some((least, most)) if least >= most => {
            let (text, terms) = ("must be less than {}", &[Term::MaximumAmount]);
            Err(Error::invalid(Fault::with_terms(Field::MinimumAmount, text, terms)))
        }
        _ => Ok(()),
    }
}

/// The provisioner of the last registered webhook; without webhooks the newest.
async fn provisioner(work: &UnitOfWork) -> Result<vendor_provisioner::Model> {
    let side = VendorScope::from(&work.actor);
    let own = Entity::of(side.vendor, true);
    let transaction = work.transaction().await?;
    let webhook = endpoint::Entity::find()
        .filter(endpoint::Column::OrganizationId.eq(side.vendor))
        .filter(
            endpoint::Column::ProvisionerId
                .in_subquery(own.clone().select_only().column(Column::Id).into_query()),
        )
        .filter(endpoint::Column::DeletedAt.is_null())
        .filter(endpoint::Column::ReplacedAt.is_null())
        .order_by_desc(endpoint::Column::Id);
    let webhook = webhook.one(&transaction).await?;
    let wanted = webhook.and_then(|webhook| webhook.provisioner_id);
    let found = own.apply_if(wanted, |query, id| query.filter(Column::Id.eq(id)));
    found.order_by_desc(Column::Id).one(&transaction).await?.ok_or_else(|| Error::Conflict {
        message: "There is no provisioner for simulations yet; ask the operator for one".into(),
        field: None,
    })
}

/// The given values and samples for the others: exactly those of real orders.
fn new_request(new: Simulated) -> Result<NewRequest> {
    let kind = new.kind.unwrap_or(RequestType::NetNew);
    let (subscription, quantity) = (new.subscription.unwrap_or_else(Uuid::now_v7), new.quantity.unwrap_or(1));
    let details = match new.details {
        Some(details) => details,
        None => sample_details(kind, SubscriptionId(subscription), quantity).to_json()?,
    };
    Ok(NewRequest {
        kind,
        partner: new.partner.or_else(|| Some(Uuid::now_v7())),
        subscription: Some(SubscriptionId(subscription)),
        quantity: Some(quantity),
        body: filled(kind, new.body),
        order: None,
        waiting: None,
        service: None,
        details,
        given: new.given,
    })
}

/// Realistic details.
fn sample_details(kind: RequestType, subscription: SubscriptionId, quantity: i64) -> OrderDetails {
    let before = if quantity == 1 { 2 } else { 1 };
    let change = (kind == RequestType::Update).then_some(Change::Quantity { before, after: quantity });
    OrderDetails { service: sample_service(subscription), change }
}

fn sample_service(subscription: SubscriptionId) -> OrderedService {
    OrderedService {
        username: subscription.to_string(),
        plan_id: RESIDENTIAL_500,
        plan_code: "RESIDENTIAL_500".into(),
        download_mbps: 500,
        upload_mbps: 100,
        ipv4: Some("192.0.2.10".into()),
        ipv6: Some("2001:db8:0:a::".into()),
        ont_id: Some("ONT-0001".into()),
        suspended: false,
    }
}

fn filled(kind: RequestType, given: Body) -> Body {
    let text = |given: Option<String>, sample: &str| given.or_else(|| Some(sample.to_owned()));
    let id = |given: Option<Uuid>| given.or_else(|| Some(Uuid::now_v7()));
    let changes = kind == RequestType::ChangeProduct;
    Body {
        partner_name: text(given.partner_name, "Sample Partner"),
        company_id: id(given.company_id),
        company_name: text(given.company_name, "Sample Company"),
        company_address: given.company_address.or_else(|| Some(sample_address())),
        product_id: id(given.product_id),
        old_product_id: if changes { id(given.old_product_id) } else { given.old_product_id },
        product_name: text(given.product_name, "Sample Product"),
        billing_term: given.billing_term.or(Some(BillingTerm::Monthly)),
        ..given
    }
}

fn sample_address() -> Address {
    let text = |text: &str| Some(text.to_owned());
    Address {
        street: text("123 Main Street"),
        street2: None,
        city: text("Escondido"),
        postcode: text("92025"),
        country: text("US"),
        state_or_province: text("CA"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use entities::vendor_request::{Commitment, Volume};

    #[test]
    fn what_is_given_stays_and_the_rest_is_filled() {
        let body = Body { partner_name: Some("Own".into()), ..Body::default() };
        let made = new_request(Simulated { quantity: Some(7), body, ..Simulated::default() }).unwrap();
        assert_eq!((made.kind, made.quantity), (RequestType::NetNew, Some(7)));
        assert_eq!(made.body.partner_name.as_deref(), Some("Own"));
        assert!(made.body.company_name.is_some() && made.body.old_product_id.is_none());
        let changed =
            new_request(Simulated { kind: Some(RequestType::ChangeProduct), ..Simulated::default() });
        let changed = changed.unwrap();
        assert!(changed.body.old_product_id.is_some());
    }

    #[test]
    fn a_volume_must_leave_room_between_its_ends() {
        let of = |min_amount, max_amount| {
            let volume = Some(Volume { min_amount, max_amount, ..Volume::default() });
            check_volume(&Body { commitment: Some(Commitment { term: None, volume }), ..Body::default() })
        };
        for good in [of(Some(1.0), Some(2.0)), of(Some(5.0), None), of(None, Some(5.0)), of(None, None)] {
            assert!(good.is_ok());
        }
        assert!(of(Some(2.0), Some(1.0)).is_err() && of(Some(2.0), Some(2.0)).is_err());
    }
}
