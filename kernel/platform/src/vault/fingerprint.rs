//! The fingerprint of the key that the database's secrets are sealed with. The first process that opens the vault
//! stores it; others compare their key with it before they seal or open anything.

use super::{KEY_ID, Key, Vault};
use crate::{
    Clock, Db,
    error::{Dependency, Error, Result},
};
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use std::fmt;

/// Why the vault must not be used.
#[derive(Debug)]
pub enum Unconfirmed {
    /// There is no key; with instructions.
    Missing(String),
    /// The key does not match the database; with instructions.
    Wrong(String),
    /// The database did not respond, or its schema is outdated.
    Unknown(Error),
}

impl fmt::Display for Unconfirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(text) | Self::Wrong(text) => f.write_str(text),
            Self::Unknown(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Unconfirmed {}

impl From<Error> for Unconfirmed {
    fn from(error: Error) -> Self {
        Self::Unknown(error)
    }
}

/// Checks that the key matches the database's secrets. If nothing is sealed yet, the key becomes the database's; an
/// embedded platform creates one if there is none. A database of an older version, without a fingerprint, is checked
/// against the last sealed secret.
pub async fn confirm(vault: &Vault, db: &Db, clock: &Clock) -> Result<(), Unconfirmed> {
    let found = existing(vault)?;
    if found.is_none() && !vault.embedded {
        return Err(Unconfirmed::Missing(none_given(vault)));
    }
    if !db.pending().await?.is_empty() {
        let cause = "the schema is not up to date; run `switchyard migrate`";
        return Err(Error::unavailable(Dependency::Database, cause).into());
    }
    if !is_known(vault, db, found).await? {
        write(db, clock, vault.key_or_make()?).await?;
        // Another process may have been first.
        is_known(vault, db, Some(vault.key_or_make()?)).await?;
    }
    Ok(())
}

/// Like [`confirm`], without changes; true also if the database has no fingerprint and no secrets yet.
pub async fn check(vault: &Vault, db: &Db) -> Result<(), Unconfirmed> {
    is_known(vault, db, existing(vault)?).await.map(drop)
}

/// Makes the current key the database's, although secrets were sealed with another: those stay unreadable. An embedded
/// platform creates a key if there is none.
pub async fn adopt(vault: &Vault, db: &Db, clock: &Clock) -> Result<()> {
    vault.unlock();
    let key = vault.key_or_make()?;
    let writer = db.writer();
    let sql = "update vault_keys set fingerprint = $1, created_at = $2 where fingerprint <> $1";
    let values = [key.fingerprint.clone().into(), clock.now().into()];
    writer.execute_raw(Statement::from_sql_and_values(writer.get_database_backend(), sql, values)).await?;
    write(db, clock, key).await
}

/// The error if there is no key and none may be created.
pub(super) fn none_given(vault: &Vault) -> String {
    format!(
        "there is no key to seal secrets with; with PostgreSQL none is created, because all processes need the same one: \
         set secrets.key (SWITCHYARD_SECRETS_KEY) to 64 hexadecimal digits (`openssl rand -hex 32`), or put the file \
         {} there",
        vault.file()
    )
}

fn existing(vault: &Vault) -> Result<Option<&Key>, Unconfirmed> {
    vault.existing().map_err(|error| match error {
        Error::Internal(text) => Unconfirmed::Missing(text),
        other => other.into(),
    })
}

/// Whether the database has a fingerprint, and the key matches it.
async fn is_known(vault: &Vault, db: &Db, key: Option<&Key>) -> Result<bool, Unconfirmed> {
    if let Some(kept) = kept(db).await? {
        let since = format!("since {}", kept.created_at.format("%Y-%m-%d %H:%M UTC"));
        return match key {
            Some(key) if key.fingerprint == kept.fingerprint => Ok(true),
            Some(_) => Err(Unconfirmed::Wrong(wrong(vault, &since))),
            None => Err(Unconfirmed::Missing(missing(vault, &since))),
        };
    }
    let sealed = last_sealed(db).await?;
    let since = "by a version of the platform that kept no fingerprint of it";
    match key {
        _ if sealed.is_empty() => Ok(false),
        Some(key) if sealed.iter().any(|sealed| sealed.get(..KEY_ID) == Some(&key.id)) => Ok(false),
        Some(_) => Err(Unconfirmed::Wrong(wrong(vault, since))),
        None => Err(Unconfirmed::Missing(missing(vault, since))),
    }
}

fn wrong(vault: &Vault, since: &str) -> String {
    let (what, instead) = if vault.given.is_empty() {
        (
            format!("the key in {}", vault.file()),
            "restore that file from the backup of its day, or set secrets.key",
        )
    } else {
        ("secrets.key (SWITCHYARD_SECRETS_KEY)".to_owned(), "set it to the key that all other processes have")
    };
    format!("{what} is not the key that the database's secrets are sealed with ({since}): {instead}. {LOST}")
}

fn missing(vault: &Vault, since: &str) -> String {
    format!(
        "the database's secrets are sealed with a key ({since}), and it is not here: restore {} from the backup, or \
         set secrets.key (SWITCHYARD_SECRETS_KEY) to it. {LOST}",
        vault.file()
    )
}

/// Instructions without a backup.
const LOST: &str = "If that key is lost permanently, `switchyard vault adopt` begins with another; \
                    what was sealed before stays unreadable";

#[derive(FromQueryResult)]
struct Kept {
    fingerprint: String,
    created_at: DateTime<Utc>,
}

async fn kept(db: &Db) -> Result<Option<Kept>> {
    let db = db.reader();
    let sql = "select fingerprint, created_at from vault_keys where id = 1";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    Ok(Kept::find_by_statement(statement).one(db).await?)
}

async fn write(db: &Db, clock: &Clock, key: &Key) -> Result<()> {
    let db = db.writer();
    let sql =
        "insert into vault_keys (id, fingerprint, created_at) values (1, $1, $2) on conflict do nothing";
    let values = [key.fingerprint.clone().into(), clock.now().into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct Sealed {
    sealed: Vec<u8>,
}

/// The last sealed secret of each kind. Older ones may be sealed with a lost and replaced key.
async fn last_sealed(db: &Db) -> Result<Vec<Vec<u8>>> {
    const LAST: [&str; 3] = [
        "select sealed from endpoint_secrets order by created_at desc limit 1",
        "select private_key as sealed from signing_keys where retired_at is null limit 1",
        "select answer as sealed from idempotent_answers order by expires_at desc limit 1",
    ];
    let (db, mut all) = (db.reader(), vec![]);
    for sql in LAST {
        let statement = Statement::from_string(db.get_database_backend(), sql);
        all.extend(Sealed::find_by_statement(statement).one(db).await?.map(|row| row.sealed));
    }
    Ok(all)
}
