//! No event contains a secret.

use crate::app::TestApp;
use anyhow::{Result, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use entities::{api_key, endpoint_secret, event, signing_key};
use sea_orm::EntityTrait;

/// Checks that no event contains a secret of the platform: those `shown` for credentials and webhooks, their stored
/// forms, and the vault's key.
pub async fn none_is_recorded(app: &TestApp, shown: Vec<String>) -> Result<()> {
    let (db, kernel) = (app.kernel.db.reader(), &app.kernel);
    let mut secrets = shown;
    secrets.push(kernel.settings.secrets.key.clone());
    let hooks = endpoint_secret::Entity::find().all(db).await?;
    ensure!(!hooks.is_empty(), "no webhook was made");
    for kept in hooks {
        let plain = kernel.vault.open(&format!("endpoint {}", kept.endpoint_id), &kept.sealed)?;
        secrets.push(String::from_utf8(plain)?);
        secrets.push(BASE64_STANDARD.encode(&kept.sealed));
    }
    secrets.extend(api_key::Entity::find().all(db).await?.into_iter().map(|key| key.hash));
    let keys = signing_key::Entity::find().all(db).await?.into_iter();
    secrets.extend(keys.map(|key| BASE64_STANDARD.encode(key.private_key)).filter(|key| !key.is_empty()));
    let events = event::Entity::find().all(db).await?;
    ensure!(events.iter().any(|event| event.changes.is_some()), "nothing was changed");
    for event in events {
        let text = serde_json::to_string(&event)?;
        let found = secrets.iter().find(|secret| text.contains(secret.as_str()));
        ensure!(found.is_none(), "{found:?} is in {text}");
    }
    Ok(())
}
