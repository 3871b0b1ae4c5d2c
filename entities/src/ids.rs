//! Typed ids: one 128-bit key (`UUIDv7`) per row, shown as a prefix and 26 characters of ULID text.
//!
//! One newtype per table, so that mixed-up ids do not compile. The partner, messaging and licensing contracts show the
//! text form. Contracts that show UUIDs use the inner value, and those with their own prefixes use [`prefixed`] and
//! [`parse`].

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use ulid::Ulid;
use uuid::Uuid;

/// The text is not an id of this type: another prefix, or not 26 characters of Crockford base 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedId;

impl fmt::Display for MalformedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed id")
    }
}

impl std::error::Error for MalformedId {}

/// Formats a key with this prefix.
pub fn prefixed(prefix: &str, key: Uuid) -> String {
    format!("{prefix}{}", Ulid::from(key.as_u128()))
}

/// Parses a text with this prefix.
pub fn parse(text: &str, prefix: &str) -> Result<Uuid, MalformedId> {
    let ulid = text.strip_prefix(prefix).ok_or(MalformedId)?;
    // 26 characters hold 130 bits, and the library drops the upper two: one id would have two text forms.
    if ulid.as_bytes().first().is_none_or(|first| *first > b'7') {
        return Err(MalformedId);
    }
    let ulid = Ulid::from_string(ulid).map_err(|_| MalformedId)?;
    Ok(Uuid::from_u128(ulid.into()))
}

/// Parses an id of any type: `cust_…`, `key_…`, or a UUID, as some contracts show ids.
pub fn any(text: &str) -> Option<Uuid> {
    let Some(end) = text.rfind('_') else { return uuid(text) };
    parse(text, &text[..=end]).ok()
}

/// Parses a UUID with hyphens, as some contracts show ids.
pub fn uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| text.parse().ok()).flatten()
}

/// Parses a text of this prefix and 26 characters.
pub fn read(prefix: &str, text: &str) -> Option<Uuid> {
    parse(text, prefix).ok()
}

/// Formats a key with this prefix.
pub fn shown(prefix: &str, key: Uuid) -> String {
    format!("{prefix}{}", Ulid::from(key.as_u128()))
}

/// Formats the key of an object of this type, as events name it: `cust_…` for a `customer`; a UUID if the type has no
/// text form of its own.
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
            /// The prefix of the text form.
            pub const PREFIX: &'static str = $prefix;

            /// Generates an id; later ids sort later.
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
    /// An organization: a partner company, a reseller, a vendor.
    OrganizationId,
    "org_"
);
id!(
    /// An API key (the record, never the key itself).
    ApiKeyId,
    "key_"
);
id!(
    /// A key pair that signs tokens.
    SigningKeyId,
    "sig_"
);
id!(
    /// A customer of an organization.
    CustomerId,
    "cust_"
);
id!(
    /// A job in the ledger.
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
    /// An attempt to deliver an event to an endpoint.
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
    /// A maintenance window.
    MaintenanceId,
    "maint_"
);
id!(
    /// A pool of addresses.
    IpPoolId,
    "pool_"
);
id!(
    /// An IP address allocated to a customer.
    IpAllocationId,
    "ip_alloc_"
);
id!(
    /// A ticket of a customer.
    TicketId,
    "tkt_"
);
id!(
    /// A comment on a ticket.
    TicketCommentId,
    "comment_"
);
id!(
    /// A file attached to a ticket.
    TicketAttachmentId,
    "attach_"
);

id!(
    /// A plan.
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
    /// A change of a subscription.
    SubscriptionChangeId,
    "subchg_"
);
id!(
    /// An invoice of a customer for a month.
    InvoiceId,
    "inv_"
);
id!(
    /// A payment of a customer.
    PaymentId,
    "pay_"
);
id!(
    /// An optical line terminal: the provider's end of an area's fibres.
    OltId,
    "olt_"
);
id!(
    /// An optical network terminal: the device on a customer's premises.
    OntId,
    "ont_"
);
id!(
    /// A service area, served or planned.
    ServiceAreaId,
    "area_"
);
id!(
    /// A request to change the network service of a subscription.
    ProvisioningId,
    "prov_"
);
id!(
    /// A vendor's provisioner, which orders are assigned to.
    VendorProvisionerId,
    "vprov_"
);
id!(
    /// A request to a vendor.
    VendorRequestId,
    "vreq_"
);
id!(
    /// A version of the details of a request to a vendor.
    VendorDetailId,
    "vdet_"
);
id!(
    /// An attempt to have a vendor fulfil a request.
    VendorAttemptId,
    "vatt_"
);
id!(
    /// A result of a request, reported by the vendor.
    VendorResultId,
    "vres_"
);
id!(
    /// A customer of the messaging domain.
    MessagingCustomerId,
    "cus_"
);
id!(
    /// A link that lets a customer connect a WhatsApp account.
    SetupLinkId,
    "csl_"
);
id!(
    /// A WhatsApp account, which has one number.
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
