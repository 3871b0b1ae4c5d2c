//! API keys and client secrets: shown once; only the SHA-256 is stored, which is sufficient for random values.

mod new_key;
mod secret;

pub use new_key::NewKey;
pub(super) use secret::{Hash, could_be, hash};

use crate::{
    Kernel, UnitOfWork,
    events::{self, Actor},
    organizations,
};
use chrono::{DateTime, Utc};
use entities::{
    api_key::{self, Texts},
    ids::ApiKeyId,
    organization,
};
use platform::{
    error::{Error, Result},
    hex::hex,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde::Serialize;

/// A new key, the only time its text is available.
pub struct MadeKey {
    /// The record.
    pub record: api_key::Model,
    /// The key itself.
    pub secret: String,
}

/// The payload of events, without the secret.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    id: String,
    contract: String,
    name: String,
    begins_with: String,
    scopes: Vec<String>,
    networks: Vec<String>,
    plan: String,
    sandbox: bool,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl From<&api_key::Model> for Shown {
    fn from(key: &api_key::Model) -> Self {
        Self {
            id: key.id.to_string(),
            contract: key.contract.clone(),
            name: key.name.clone(),
            begins_with: key.prefix.clone(),
            scopes: key.scopes.0.clone(),
            networks: key.networks.0.clone(),
            plan: key.plan.clone(),
            sandbox: key.sandbox,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// Creates a key. `Invalid` with all violated rules of [`NewKey`].
pub async fn create(kernel: &Kernel, new: NewKey) -> Result<MadeKey> {
    let (networks, format) = new.check(&kernel.settings.plans, kernel.clock.now())?;
    let mut work = UnitOfWork::new(kernel.clone(), Actor::platform());
    let organization = organizations::ensure(&work, &new.organization).await?;
    work.actor = Actor::system(organization.id);
    if let Some(email) = &new.organization_email {
        organizations::set_email(&work, &organization, email).await?;
    }
    let prefix = format.prefix(new.sandbox);
    let secret = secret::make(prefix)?;
    let record = api_key::Model {
        id: ApiKeyId::new(),
        organization_id: organization.id,
        contract: new.contract,
        name: new.name,
        prefix: secret::beginning(&secret, prefix).into(),
        hash: hex(&hash(&secret)),
        scopes: Texts(new.scopes),
        networks: Texts(networks),
        plan: new.plan,
        sandbox: new.sandbox,
        expires_at: new.expires_at,
        last_used_at: None,
        last_used_from: None,
        created_at: work.now(),
        revoked_at: None,
    };
    let record = record.into_active_model().insert(&work.transaction().await?).await?;
    let (about, shown) = (about(record.id), Shown::from(&record));
    work.record([events::event(&work.actor, "api_key.created", about, &shown, work.now())?]);
    work.commit().await?;
    Ok(MadeKey { record, secret })
}

const fn about(id: ApiKeyId) -> (&'static str, uuid::Uuid) {
    ("api_key", id.0)
}

/// All keys, with their organization's name, oldest first.
pub async fn list(kernel: &Kernel) -> Result<Vec<(api_key::Model, String)>> {
    let db = kernel.db.reader();
    let keys = api_key::Entity::find().order_by_asc(api_key::Column::Id).all(db).await?;
    let organizations = organization::Entity::find().all(db).await?;
    let name = |id| organizations.iter().find(|found| found.id == id).map(|found| found.name.clone());
    Ok(keys
        .into_iter()
        .map(|key| (name(key.organization_id), key))
        .map(|(n, k)| (k, n.unwrap_or_default()))
        .collect())
}

/// Revokes a key; false if it was already revoked. Caches of processes drop it within `http.key_cache`.
pub async fn revoke(kernel: &Kernel, id: ApiKeyId) -> Result<bool> {
    let found = api_key::Entity::find_by_id(id).one(kernel.db.reader()).await?;
    let key = found.ok_or(Error::NotFound("Key"))?;
    let work = UnitOfWork::new(kernel.clone(), Actor::system(key.organization_id));
    let now = work.now();
    let revoked = api_key::Entity::update_many()
        .set(api_key::ActiveModel { revoked_at: Set(Some(now)), ..Default::default() })
        .filter(api_key::Column::Id.eq(id))
        .filter(api_key::Column::RevokedAt.is_null())
        .exec(&work.transaction().await?)
        .await?;
    if revoked.rows_affected == 0 {
        return Ok(false);
    }
    let (before, mut after) = (Shown::from(&key), Shown::from(&key));
    after.revoked_at = Some(now);
    let event = events::change(&work.actor, "api_key.revoked", about(id), (&before, &after), now)?;
    work.record([event]);
    work.commit().await?;
    Ok(true)
}
