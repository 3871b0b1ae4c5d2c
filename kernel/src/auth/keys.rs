//! API keys: 256 random bits behind a prefix that says what they are for. Shown once; only the SHA-256
//! is kept, which is enough for keys that nobody can guess.

use crate::{
    Kernel,
    error::{Error, Result},
};
use entities::{
    api_key::{self, Texts},
    ids::{ApiKeyId, OrganizationId},
    organization,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The contracts that take API keys, with the beginning of their keys.
pub const CONTRACTS: &[(&str, &str)] = &[("partner", "pk_live_")];

/// A key just made: the only time that its text is there.
#[derive(Debug)]
pub struct NewKey {
    /// The record.
    pub record: api_key::Model,
    /// The key itself.
    pub secret: String,
}

/// The form in which a key is kept and looked up.
pub fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Makes a key for the contract; the organization is made if there is none of that name.
pub async fn create(kernel: &Kernel, organization: &str, contract: &str, name: &str) -> Result<NewKey> {
    let (_, prefix) =
        CONTRACTS.iter().find(|(known, _)| *known == contract).ok_or_else(|| unknown(contract))?;
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(Error::internal)?;
    let secret = format!("{prefix}{}", hex(&random));
    let record = api_key::ActiveModel {
        id: Set(ApiKeyId::new()),
        organization_id: Set(ensure_organization(kernel, organization).await?),
        contract: Set(contract.into()),
        name: Set(name.into()),
        prefix: Set(secret[..prefix.len() + 6].into()),
        hash: Set(hash(&secret)),
        scopes: Set(Texts(vec!["*".into()])),
        networks: Set(Texts::default()),
        plan: Set(String::new()),
        sandbox: Set(false),
        expires_at: Set(None),
        last_used_at: Set(None),
        last_used_from: Set(None),
        created_at: Set(kernel.clock.now()),
        revoked_at: Set(None),
    };
    Ok(NewKey { record: record.insert(kernel.db.writer()).await?, secret })
}

fn unknown(contract: &str) -> Error {
    let known: Vec<_> = CONTRACTS.iter().map(|(name, _)| *name).collect();
    Error::invalid(crate::error::Fault::field(
        "contract",
        format!("`{contract}` is not a contract with API keys; there are {}", known.join(", ")),
    ))
}

async fn ensure_organization(kernel: &Kernel, name: &str) -> Result<OrganizationId> {
    let db = kernel.db.writer();
    if let Some(found) = organization::Entity::named(name).one(db).await? {
        return Ok(found.id);
    }
    let (id, created_at) = (OrganizationId::new(), kernel.clock.now());
    let new = organization::ActiveModel { id: Set(id), name: Set(name.into()), created_at: Set(created_at) };
    new.insert(db).await?;
    Ok(id)
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

/// Revokes a key; false when it was revoked before. Processes that have it cached let go of it within
/// `http.key_cache`.
pub async fn revoke(kernel: &Kernel, id: ApiKeyId) -> Result<bool> {
    let db = kernel.db.writer();
    api_key::Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound("Key"))?;
    let revoked = api_key::Entity::update_many()
        .set(api_key::ActiveModel { revoked_at: Set(Some(kernel.clock.now())), ..Default::default() })
        .filter(api_key::Column::Id.eq(id))
        .filter(api_key::Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(revoked.rows_affected > 0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_hash_is_sha_256_in_hex() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(super::hash("abc"), abc);
    }
}
