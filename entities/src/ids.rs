//! Typed ids: one 128-bit key (`UUIDv7`) a row, shown as a prefix and 26 characters of ULID text.
//!
//! A newtype a table, so that a swapped id does not compile. The text form is what the partner,
//! messaging and licensing contracts show; contracts that show UUIDs use the inner value, and those with a prefix of
//! their own use [`prefixed`] and [`parse`].

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use ulid::Ulid;
use uuid::Uuid;

/// The text is not the id of such an object: another prefix, or not 26 characters of Crockford base 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedId;

impl fmt::Display for MalformedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed id")
    }
}

impl std::error::Error for MalformedId {}

/// The text form of a key with this prefix.
pub fn prefixed(prefix: &str, key: Uuid) -> String {
    format!("{prefix}{}", Ulid::from(key.as_u128()))
}

/// The key in its text form with this prefix.
pub fn parse(text: &str, prefix: &str) -> Result<Uuid, MalformedId> {
    let ulid = text.strip_prefix(prefix).ok_or(MalformedId)?;
    // 26 characters hold 130 bits; the library drops the upper two, and one id would have two names.
    if ulid.as_bytes().first().is_none_or(|first| *first > b'7') {
        return Err(MalformedId);
    }
    let ulid = Ulid::from_string(ulid).map_err(|_| MalformedId)?;
    Ok(Uuid::from_u128(ulid.into()))
}

/// The key in the text form of an id of any kind: `cust_…`, `key_…`, or a UUID, as some contracts show them.
pub fn any(text: &str) -> Option<Uuid> {
    let Some(end) = text.rfind('_') else { return uuid(text) };
    parse(text, &text[..=end]).ok()
}

/// The key in the form in which some contracts show ids: a UUID with hyphens.
pub fn uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| text.parse().ok()).flatten()
}

/// The key in a text with this prefix and 26 characters.
pub fn read(prefix: &str, text: &str) -> Option<Uuid> {
    parse(text, prefix).ok()
}

/// The text form of a key with this prefix.
pub fn shown(prefix: &str, key: Uuid) -> String {
    format!("{prefix}{}", Ulid::from(key.as_u128()))
}

/// The text form of the key of an object, by the resource that events name: `cust_…` for a `customer`; a UUID
/// where the resource has no text form of its own.
pub fn show(resource: &str, key: Uuid) -> String {
    match resource {
        "organization" => OrganizationId(key).to_string(),
        "customer" => CustomerId(key).to_string(),
        "job" => JobId(key).to_string(),
        "api_key" => ApiKeyId(key).to_string(),
        "signing_key" => SigningKeyId(key).to_string(),
        "webhook" => EndpointId(key).to_string(),
        "webhook_secret" => WebhookSecretId(key).to_string(),
        "ip_pool" => IpPoolId(key).to_string(),
        "ip_allocation" => IpAllocationId(key).to_string(),
        "event" => EventId(key).to_string(),
        "outage" => OutageId(key).to_string(),
        "maintenance" => MaintenanceId(key).to_string(),
        "ticket" => TicketId(key).to_string(),
        "ticket_comment" => TicketCommentId(key).to_string(),
        "plan" => PlanId(key).to_string(),
        "promotion" => PromotionId(key).to_string(),
        "subscription" => SubscriptionId(key).to_string(),
        "invoice" => InvoiceId(key).to_string(),
        "payment" => PaymentId(key).to_string(),
        "provisioning" => ProvisioningId(key).to_string(),
        "olt" => OltId(key).to_string(),
        "ont" => OntId(key).to_string(),
        "service_area" => ServiceAreaId(key).to_string(),
        "ticket_attachment" => TicketAttachmentId(key).to_string(),
        "messaging_customer" => MessagingCustomerId(key).to_string(),
        "setup_link" => SetupLinkId(key).to_string(),
        "whatsapp_account" => WhatsappAccountId(key).to_string(),
        _ => key.to_string(),
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// What the text form begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id; ids made later sort later.
            #[must_use]
            #[allow(clippy::new_without_default, reason = "two defaults would differ")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", Self::PREFIX, Ulid::from(self.0.as_u128()))
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;

            fn from_str(text: &str) -> Result<Self, MalformedId> {
                parse(text, Self::PREFIX).map(Self)
            }
        }

        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    };
}

id!(
    /// A tenant: a partner company, a reseller, a vendor.
    OrganizationId,
    "org_"
);
id!(
    /// An API key's record (never the key itself).
    ApiKeyId,
    "key_"
);
id!(
    /// A pair of keys that signs tokens.
    SigningKeyId,
    "sig_"
);
id!(
    /// A customer of an organization.
    CustomerId,
    "cust_"
);
id!(
    /// A row of the ledger.
    JobId,
    "job_"
);
id!(
    /// A recorded event.
    EventId,
    "evt_"
);
id!(
    /// A webhook endpoint.
    EndpointId,
    "wh_"
);
id!(
    /// An attempt, made or to be made, to deliver an event to an endpoint.
    DeliveryId,
    "whd_"
);
id!(
    /// A secret that signs the deliveries to an endpoint.
    WebhookSecretId,
    "sec_"
);
id!(
    /// An outage of the network.
    OutageId,
    "outage_"
);
id!(
    /// A window for planned work on the network.
    MaintenanceId,
    "maint_"
);
id!(
    /// A pool of addresses.
    IpPoolId,
    "pool_"
);
id!(
    /// An address that a customer has, or had.
    IpAllocationId,
    "ip_alloc_"
);
id!(
    /// A ticket of a customer.
    TicketId,
    "tkt_"
);
id!(
    /// What somebody said of a ticket.
    TicketCommentId,
    "comment_"
);
id!(
    /// A file that belongs to a ticket.
    TicketAttachmentId,
    "attach_"
);

id!(
    /// A plan that can be subscribed to.
    PlanId,
    "plan_"
);
id!(
    /// A promotion code.
    PromotionId,
    "promo_"
);
id!(
    /// A subscription of a customer.
    SubscriptionId,
    "sub_"
);
id!(
    /// Something that was done to a subscription.
    SubscriptionChangeId,
    "subchg_"
);
id!(
    /// What a customer is asked to pay for a month.
    InvoiceId,
    "inv_"
);
id!(
    /// Money that a customer has paid.
    PaymentId,
    "pay_"
);
id!(
    /// An optical line terminal: where the fibres of an area end in the network.
    OltId,
    "olt_"
);
id!(
    /// An optical network terminal: the box at a customer.
    OntId,
    "ont_"
);
id!(
    /// An area that is served, or will be.
    ServiceAreaId,
    "area_"
);
id!(
    /// A request to change what the network does for a subscription.
    ProvisioningId,
    "prov_"
);
id!(
    /// What a vendor's orders are given to.
    VendorProvisionerId,
    "vprov_"
);
id!(
    /// A request to a vendor.
    VendorRequestId,
    "vreq_"
);
id!(
    /// A version of what a vendor is told in answer to a product's questions.
    VendorDetailId,
    "vdet_"
);
id!(
    /// An attempt to have a vendor fulfil a request.
    VendorAttemptId,
    "vatt_"
);
id!(
    /// What a vendor said became of a request.
    VendorResultId,
    "vres_"
);
id!(
    /// A customer of the messaging domain.
    MessagingCustomerId,
    "cus_"
);
id!(
    /// A link by which a customer connects a WhatsApp account.
    SetupLinkId,
    "csl_"
);
id!(
    /// A WhatsApp account: one number.
    WhatsappAccountId,
    "wac_"
);
id!(
    /// A WhatsApp Business Account, which has numbers.
    WhatsappBusinessAccountId,
    "wab_"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips_in_any_case() {
        let id = CustomerId::new();
        let text = id.to_string();
        assert_eq!(text.len(), "cust_".len() + 26);
        assert_eq!(text.parse(), Ok(id));
        let lower = format!("cust_{}", text["cust_".len()..].to_lowercase());
        assert_eq!(lower.parse(), Ok(id));
    }

    #[test]
    fn a_contract_may_have_a_prefix_of_its_own() {
        let EndpointId(key) = EndpointId::new();
        let text = prefixed("wbs_", key);
        assert_eq!((text.len(), parse(&text, "wbs_")), ("wbs_".len() + 26, Ok(key)));
        assert_eq!(prefixed(EndpointId::PREFIX, key), EndpointId(key).to_string());
        assert_eq!(parse(&EndpointId(key).to_string(), "wbs_"), Err(MalformedId));
    }

    #[test]
    fn another_objects_id_is_refused() {
        let text = JobId::new().to_string();
        assert_eq!(text.parse::<CustomerId>(), Err(MalformedId));
        for bad in ["", "cust_", "cust_abc", "cust_ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "cust_é"] {
            assert_eq!(bad.parse::<CustomerId>(), Err(MalformedId), "{bad}");
        }
    }
}
