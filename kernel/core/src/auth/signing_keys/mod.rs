//! The keys that sign access tokens: one active, and retired ones with valid tokens. Ed25519.
//!
//! A retired key verifies until all its tokens have expired; its private key is deleted immediately.

mod ring;

pub use ring::Published;
pub(super) use ring::{Keyring, Signing};

use crate::{
    Kernel, UnitOfWork,
    events::{self, Actor},
};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{ids::SigningKeyId, signing_key};
use platform::{
    config::Settings,
    error::{Error, Result},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};
use serde_json::json;
use std::time::Duration;

/// The algorithm of all keys in tokens and the published set (RFC 8037).
pub const ALGORITHM: &str = "EdDSA";
/// The vault context of private keys.
const CONTEXT: &str = "signing_key";
/// How long a retired key verifies after the expiry of its last token: other processes sign with it for a few seconds
/// more, and clocks differ.
const SPARE: Duration = Duration::from_mins(5);

/// A key in lists.
pub struct Listed {
    /// Its name in tokens.
    pub id: SigningKeyId,
    /// Its creation.
    pub created_at: DateTime<Utc>,
    /// When it was retired.
    pub retired_at: Option<DateTime<Utc>>,
    /// The expiry of its last token; `None` while it is active.
    pub verifies_until: Option<DateTime<Utc>>,
}

/// All keys, newest first.
pub async fn list(kernel: &Kernel) -> Result<Vec<Listed>> {
    let keys = signing_key::Entity::find().order_by_desc(signing_key::Column::Id);
    let keys = keys.all(kernel.db.reader()).await?;
    let grace = grace(&kernel.settings);
    let listed = |key: signing_key::Model| Listed {
        id: key.id,
        created_at: key.created_at,
        retired_at: key.retired_at,
        verifies_until: key.retired_at.map(|at| at + grace),
    };
    Ok(keys.into_iter().map(listed).collect())
}

/// Retires the active key, if any, and creates another in one transaction; returns its name. Running processes use it
/// within `http.key_cache`. `Conflict` with a concurrent rotation.
pub async fn rotate(kernel: &Kernel) -> Result<SigningKeyId> {
    let work = UnitOfWork::new(kernel.clone(), Actor::platform());
    let new = make(kernel)?;
    let retired = retire(&work).await?;
    if !insert(&work.transaction().await?, &new).await? {
        let message = "another rotation came first".into();
        return Err(Error::Conflict { message, field: None });
    }
    let payload = json!({
        "id": new.id.to_string(),
        "algorithm": ALGORITHM,
        "retired": retired.map(|id| id.to_string()),
    });
    let about = ("signing_key", new.id.0);
    work.record([events::event(&work.actor, "signing_key.rotated", about, &payload, work.now())?]);
    work.commit().await?;
    Ok(new.id)
}

/// Retires the active key, and deletes its private key.
async fn retire(work: &UnitOfWork) -> Result<Option<SigningKeyId>> {
    let transaction = work.transaction().await?;
    let Some(active) = signing_key::Entity::active().one(&transaction).await? else { return Ok(None) };
    let retired = signing_key::ActiveModel {
        retired_at: Set(Some(work.now())),
        private_key: Set(vec![]),
        ..Default::default()
    };
    let own = signing_key::Entity::update_many().set(retired).filter(signing_key::Column::Id.eq(active.id));
    own.exec(&transaction).await?;
    Ok(Some(active.id))
}

/// Creates the first key, unless another process has just done so.
async fn make_first(kernel: &Kernel) -> Result<()> {
    insert(kernel.db.writer(), &make(kernel)?).await?;
    Ok(())
}

fn make(kernel: &Kernel) -> Result<signing_key::Model> {
    let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(Error::internal)?;
    let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).map_err(Error::internal)?;
    Ok(signing_key::Model {
        id: SigningKeyId::new(),
        algorithm: ALGORITHM.into(),
        public_key: BASE64_URL_SAFE_NO_PAD.encode(pair.public_key()),
        private_key: kernel.vault.seal(CONTEXT, private.as_ref())?,
        created_at: kernel.clock.now(),
        retired_at: None,
    })
}

/// Stores the key unless there is an active one: the unique index decides between several processes.
async fn insert(db: &impl ConnectionTrait, key: &signing_key::Model) -> Result<bool> {
    let new = signing_key::Entity::insert(key.clone().into_active_model());
    let unless_active = OnConflict::new().do_nothing().to_owned();
    Ok(new.on_conflict(unless_active).exec_without_returning(db).await? > 0)
}

/// How long a key verifies after its retirement.
fn grace(settings: &Settings) -> TimeDelta {
    TimeDelta::from_std(settings.tokens.lifetime + SPARE).unwrap_or(TimeDelta::MAX)
}
