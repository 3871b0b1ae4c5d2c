//! Setup links on the wire.

use super::envelope::{envelope, object_type};
use edge::{
    schema::wire,
    types::{Nullable, Optional, Success, Time, text},
};
use messaging::links::{Changes, Link, LinkStatus, MadeLink, NewLink};
use poem_openapi::{Enum, Object};
use std::time::Duration;

text!(
    /// A URL.
    RedirectUrl, { format: Some("uri"), example: Some("https://example.com/done".into()) }, edge::types::check::any
);

object_type!(SetupLinkObject, "customer_setup_link");

/// Status of a setup link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase", remote = "LinkStatus")]
pub enum SetupLinkStatus {
    /// It can be used.
    Active,
    /// It was used.
    Consumed,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

/// A setup link to create.
#[derive(Debug, Object)]
pub struct CreateSetupLink {
    /// How long it can be used, in hours (default 168).
    #[oai(validator(minimum(value = "1"), maximum(value = "720")))]
    pub expires_in_hours: Optional<i32>,
    /// Where the browser goes after success: an absolute `https` URL without a fragment (`http` for localhost).
    #[oai(validator(max_length = 2048))]
    pub success_redirect_url: Optional<RedirectUrl>,
    /// Where the browser goes after a failure.
    #[oai(validator(max_length = 2048))]
    pub failure_redirect_url: Optional<RedirectUrl>,
}

wire!(CreateSetupLink);

/// Changes to a setup link. Omitted properties stay unchanged.
#[derive(Debug, Object)]
pub struct UpdateSetupLink {
    /// Where the browser goes after success; null clears it.
    #[oai(validator(max_length = 2048))]
    pub success_redirect_url: Optional<Nullable<RedirectUrl>>,
    /// Where the browser goes after a failure; null clears it.
    #[oai(validator(max_length = 2048))]
    pub failure_redirect_url: Optional<Nullable<RedirectUrl>>,
}

wire!(UpdateSetupLink, is update true);

/// A setup link.
#[derive(Debug, Object)]
pub struct CustomerSetupLink {
    /// Setup link ID: `csl_` and 26 characters.
    pub id: String,
    /// Always `customer_setup_link`.
    pub object: SetupLinkObject,
    /// Customer ID.
    pub customer_id: String,
    /// Current status.
    pub status: SetupLinkStatus,
    /// The last four characters of its token.
    pub token_last4: String,
    /// When it expires.
    pub expires_at: Time,
    /// When it was used.
    pub consumed_at: Nullable<Time>,
    /// Where the browser goes after success.
    pub success_redirect_url: Nullable<RedirectUrl>,
    /// Where the browser goes after a failure.
    pub failure_redirect_url: Nullable<RedirectUrl>,
    /// Creation time.
    pub created_at: Time,
}

/// A created setup link with its URL.
#[derive(Debug, Object)]
pub struct CustomerSetupLinkWithToken {
    /// The setup link.
    #[oai(flatten)]
    pub link: CustomerSetupLink,
    /// The URL for the customer. It is shown only once.
    pub setup_url: RedirectUrl,
}

/// A revoked setup link.
#[derive(Debug, Object)]
pub struct RevokedSetupLink {
    /// Setup link ID.
    pub id: String,
    /// Always `customer_setup_link`.
    pub object: SetupLinkObject,
    /// Always true.
    pub revoked: Success<true>,
    /// Current status.
    pub status: SetupLinkStatus,
}

envelope!(
    /// A created setup link.
    CreateCustomerSetupLinkResponse,
    /// The setup link.
    CustomerSetupLinkWithToken
);

envelope!(
    /// An updated setup link.
    UpdateCustomerSetupLinkResponse,
    /// The setup link.
    CustomerSetupLink
);

envelope!(
    /// A revoked setup link.
    RevokeCustomerSetupLinkResponse,
    /// The setup link.
    RevokedSetupLink
);

envelope!(
    /// The newest setup links of a customer.
    ListCustomerSetupLinksResponse,
    /// The setup links, newest first.
    list of CustomerSetupLink
);

impl From<CreateSetupLink> for NewLink {
    fn from(new: CreateSetupLink) -> Self {
        let hours = new.expires_in_hours.0.and_then(|hours| u64::try_from(hours).ok());
        Self {
            lifetime: hours.map(Duration::from_hours),
            success_url: new.success_redirect_url.into(),
            failure_url: new.failure_redirect_url.into(),
        }
    }
}

impl From<UpdateSetupLink> for Changes {
    fn from(update: UpdateSetupLink) -> Self {
        Self {
            success_url: update.success_redirect_url.update(),
            failure_url: update.failure_redirect_url.update(),
        }
    }
}

impl From<Link> for CustomerSetupLink {
    fn from(Link { record, status }: Link) -> Self {
        Self {
            id: record.id.to_string(),
            object: SetupLinkObject::Word,
            customer_id: record.customer_id.to_string(),
            status: status.into(),
            token_last4: record.token_last4,
            expires_at: Time(record.expires_at),
            consumed_at: Nullable(record.consumed_at.map(Time)),
            success_redirect_url: Nullable(record.success_url.map(RedirectUrl)),
            failure_redirect_url: Nullable(record.failure_url.map(RedirectUrl)),
            created_at: Time(record.created_at),
        }
    }
}

impl CustomerSetupLinkWithToken {
    /// `page`: the address of the page for setup links.
    pub fn new(made: MadeLink, page: &str) -> Self {
        let setup_url = RedirectUrl(format!("{page}/{}", made.token));
        Self { link: Link { record: made.record, status: LinkStatus::Active }.into(), setup_url }
    }
}

impl From<Link> for RevokedSetupLink {
    fn from(Link { record, status }: Link) -> Self {
        let (id, status) = (record.id.to_string(), status.into());
        Self { id, object: SetupLinkObject::Word, revoked: Success, status }
    }
}
