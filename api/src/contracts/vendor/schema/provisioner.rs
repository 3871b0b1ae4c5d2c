//! Provisioners and their webhooks on the wire.

use super::Id;
use crate::{
    schema::wire,
    types::{Maybe, Text, Time, check, text},
};
use entities::{endpoint, vendor_provisioner};
use kernel::{
    domain::webhooks::MadeEndpoint,
    webhooks::{LONGEST_HEADER_NAME, SecretHeader},
};
use poem_openapi::Object;

/// What orders are given to.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Provisioner {
    /// Its id.
    pub id: Id,
    /// When it was made.
    pub created_date: Time,
    /// Whose it is: your own id.
    pub vendor_id: Id,
    /// What it is called.
    pub name: String,
}

impl From<vendor_provisioner::Model> for Provisioner {
    fn from(row: vendor_provisioner::Model) -> Self {
        Self {
            id: row.id.0.into(),
            created_date: Time(row.created_at),
            vendor_id: row.organization_id.0.into(),
            name: row.name,
        }
    }
}

text!(
    /// A URL.
    Url, { format: Some("uri"), example: Some("https://vendor.example/provisioning".into()) }, check::any
);

text!(
    /// The name of a header of HTTP (RFC 9110, 5.6.2).
    HeaderName,
    {
        max_length: Some(LONGEST_HEADER_NAME),
        pattern: Some(TOKEN.into()),
        title: Some("the name of an HTTP header".into()),
        example: Some("X-Shared-Secret".into())
    },
    is_token
);

const TOKEN: &str = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";

fn is_token(text: &str) -> bool {
    (1..=LONGEST_HEADER_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+.^_`|~-".contains(&byte))
}

/// How notifications show that they come from here.
#[derive(Debug, Object)]
pub struct SharedSecretCreate {
    /// The header that the credential is sent in; `pax8ApiTokenV1` where none is named. Not one that HTTP or the delivery
    /// has for something else.
    pub header: Maybe<HeaderName>,
}

/// A webhook to be registered.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct WebhookCreate {
    /// Where notifications go: an address of the public internet, over https.
    pub url: Url,
    /// How they show that they come from here.
    pub shared_secret: Maybe<SharedSecretCreate>,
}

wire!(WebhookCreate);

impl WebhookCreate {
    /// The header that the credential is to be sent in, if one is named.
    pub fn header(&self) -> Option<&str> {
        let secret = self.shared_secret.0.as_ref()?;
        secret.header.0.as_ref().map(|name| name.0.as_str())
    }
}

/// The shared secret, shown this once.
#[derive(Debug, Object)]
pub struct CreatedSharedSecret {
    /// The header that the credential is sent in.
    pub header: String,
    /// The credential, which is made here. Compare it with that of each notification.
    pub credential: String,
}

/// A webhook as it was registered.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct CreatedWebhook {
    /// Its id.
    pub id: Id,
    /// Where notifications go.
    pub url: String,
    /// How they show that they come from here; the credential is shown this once.
    pub shared_secret: CreatedSharedSecret,
    /// When it was registered.
    pub created_date: Time,
}

impl From<MadeEndpoint> for CreatedWebhook {
    fn from(MadeEndpoint { record, secret }: MadeEndpoint) -> Self {
        Self {
            id: record.id.0.into(),
            shared_secret: CreatedSharedSecret {
                header: header(record.secret_header),
                credential: secret.reveal().into(),
            },
            url: record.url,
            created_date: Time(record.created_at),
        }
    }
}

/// What stands for a credential that is not shown any more.
const MASK: &str = "********";

/// The shared secret of a webhook.
#[derive(Debug, Object)]
pub struct SharedSecret {
    /// The header that the credential is sent in.
    pub header: String,
    /// Asterisks: the credential was shown when the webhook was registered.
    pub credential: String,
}

/// Where notifications go.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Webhook {
    /// Its id.
    pub id: Id,
    /// Where they go.
    pub url: String,
    /// How they show that they come from here.
    pub shared_secret: SharedSecret,
    /// When it was registered.
    pub created_date: Time,
    /// Beyond the contract: `active` (the one in use), `replaced` by a newer webhook, or `disabled` after it answered 410 or
    /// failed for too long. Nothing is sent to a replaced or disabled webhook, and neither becomes active again.
    pub status: Text,
}

impl From<endpoint::Model> for Webhook {
    fn from(row: endpoint::Model) -> Self {
        Self {
            id: row.id.0.into(),
            shared_secret: SharedSecret { header: header(row.secret_header), credential: MASK.into() },
            url: row.url,
            created_date: Time(row.created_at),
            status: Text(if row.replaced_at.is_some() { "replaced" } else { row.status.as_str() }.into()),
        }
    }
}

/// The name of the header, as it was given.
fn header(kept: Option<String>) -> String {
    SecretHeader::kept_name(kept)
}
