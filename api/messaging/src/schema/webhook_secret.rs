//! Signing secrets of webhook subscriptions on the wire.

use super::envelope::{envelope, object_type};
use edge::{
    schema::wire,
    types::{Nullable, Optional, Success, Time},
};
use entities::ids::WebhookSecretId;
use poem_openapi::Object;
use std::time::Duration;
use webhooks::{LiveSecret, MadeSecret};

object_type!(SecretObject, "webhook_secret");

/// A signing secret, without its text.
#[derive(Debug, Object)]
pub struct WebhookSecret {
    /// Secret ID: `sec_` and 26 characters.
    pub id: String,
    /// Creation time.
    pub created_at: Time,
    /// When it stops signing; null: never.
    pub expires_at: Nullable<Time>,
}

/// A signing secret to add.
#[derive(Debug, Object)]
pub struct CreateWebhookSecret {
    /// How long it signs, in hours; if omitted, until it is revoked.
    #[oai(validator(minimum(value = "1"), maximum(value = "8760")))]
    pub expires_in_hours: Optional<i32>,
}

wire!(CreateWebhookSecret);

/// An added signing secret.
#[derive(Debug, Object)]
pub struct WebhookSecretOnce {
    /// Secret ID: `sec_` and 26 characters.
    pub id: String,
    /// Always `webhook_secret`.
    pub object: SecretObject,
    /// The secret: begins with `whsec_`. It is shown only once.
    pub secret: String,
    /// Creation time.
    pub created_at: Time,
    /// When it stops signing; null: never.
    pub expires_at: Nullable<Time>,
}

/// A revoked signing secret.
#[derive(Debug, Object)]
pub struct DeletedSecret {
    /// Secret ID.
    pub id: String,
    /// Always `webhook_secret`.
    pub object: SecretObject,
    /// Always true.
    pub deleted: Success<true>,
}

envelope!(
    /// An added signing secret.
    CreateWebhookSecretResponse,
    /// The secret.
    WebhookSecretOnce
);

envelope!(
    /// A revoked signing secret.
    DeleteWebhookSecretResponse,
    /// The secret.
    DeletedSecret
);

impl CreateWebhookSecret {
    /// How long it signs.
    pub fn lifetime(&self) -> Option<Duration> {
        let hours = self.expires_in_hours.0.and_then(|hours| u64::try_from(hours).ok());
        hours.map(Duration::from_hours)
    }
}

impl From<LiveSecret> for WebhookSecret {
    fn from(secret: LiveSecret) -> Self {
        Self {
            id: secret.id.to_string(),
            created_at: Time(secret.created_at),
            expires_at: Nullable(secret.expires_at.map(Time)),
        }
    }
}

impl From<MadeSecret> for WebhookSecretOnce {
    fn from(made: MadeSecret) -> Self {
        Self {
            id: made.id.to_string(),
            object: SecretObject::Word,
            secret: made.secret.reveal().into(),
            created_at: Time(made.created_at),
            expires_at: Nullable(made.expires_at.map(Time)),
        }
    }
}

impl From<WebhookSecretId> for DeletedSecret {
    fn from(id: WebhookSecretId) -> Self {
        Self { id: id.to_string(), object: SecretObject::Word, deleted: Success }
    }
}
