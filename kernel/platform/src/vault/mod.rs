//! Encrypts secrets in the database: AES-256-GCM, with a key outside the database. The database has the key's
//! fingerprint, which stops a process with another key: see [`confirm`].

mod fingerprint;
mod key_file;

pub use fingerprint::{Unconfirmed, adopt, check, confirm};

use crate::{
    config::Settings,
    error::{Dependency, Error, Result},
};
use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use key_file::FILE;
use sha2::{Digest, Sha256};
use std::{
    path::PathBuf,
    sync::{OnceLock, PoisonError, RwLock},
};

/// Bytes of the key's id in sealed texts, which distinguishes a wrong key from a changed text.
const KEY_ID: usize = 4;
/// Bytes of the random nonce.
const NONCE: usize = 12;

/// Seals and opens texts. The sealed form is the key's id, the nonce, the text and its tag.
pub struct Vault {
    given: String,
    folder: PathBuf,
    /// Whether there is only one process, which may create its key.
    embedded: bool,
    key: OnceLock<Key>,
    lock: RwLock<Lock>,
}

/// The state of the vault.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Lock {
    /// Usable.
    Open,
    /// The key is not confirmed yet.
    Waiting,
    /// The key is wrong or missing.
    Closed(String),
}

struct Key {
    cipher: Aes256Gcm,
    id: [u8; KEY_ID],
    /// The fingerprint in the database, which reveals nothing about the key.
    fingerprint: String,
}

impl Key {
    fn new(key: [u8; 32]) -> Self {
        let digest = |context: &[u8]| Sha256::digest([context, &key].concat());
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&digest(b"switchyard vault")[..KEY_ID]);
        let fingerprint = crate::hex::hex(&digest(b"switchyard vault key fingerprint"));
        Self { cipher: Aes256Gcm::new(&key.into()), id, fingerprint }
    }
}

impl Vault {
    /// Uses the configured key (`secrets.key`) or that of the data folder. An embedded platform creates one when first
    /// needed; with PostgreSQL none is created, because other processes need the same.
    pub fn new(settings: &Settings) -> Self {
        let embedded = !settings.database.url.starts_with("postgres");
        let (given, folder) = (settings.secrets.key.clone(), settings.data.clone());
        Self { given, folder, embedded, key: OnceLock::new(), lock: RwLock::new(Lock::Open) }
    }

    /// Rejects sealing and opening until [`Self::unlock`], as a transient error.
    pub fn wait(&self) {
        self.set(Lock::Waiting);
    }

    /// Makes it usable.
    pub fn unlock(&self) {
        self.set(Lock::Open);
    }

    /// Rejects sealing and opening, with this reason.
    pub fn close(&self, why: &str) {
        self.set(Lock::Closed(why.to_owned()));
    }

    fn set(&self, lock: Lock) {
        *self.lock.write().unwrap_or_else(PoisonError::into_inner) = lock;
    }

    fn key(&self) -> Result<&Key> {
        match &*self.lock.read().unwrap_or_else(PoisonError::into_inner) {
            Lock::Open => {}
            Lock::Waiting => {
                let cause = "which key the secrets are sealed with is not known yet";
                return Err(Error::unavailable(Dependency::Database, cause));
            }
            Lock::Closed(why) => return Err(Error::internal(why)),
        }
        self.key_or_make()
    }

    /// The key, in any state.
    fn key_or_make(&self) -> Result<&Key> {
        if let Some(key) = self.existing()? {
            return Ok(key);
        }
        if !self.embedded {
            return Err(Error::internal(fingerprint::none_given(self)));
        }
        let text = key_file::read_or_make(&self.folder).map_err(|error| self.unreadable(&error))?;
        self.keep(&text)
    }

    /// The existing key; none is created.
    fn existing(&self) -> Result<Option<&Key>> {
        if let Some(key) = self.key.get() {
            return Ok(Some(key));
        }
        if !self.given.is_empty() {
            return self.keep(&self.given).map(Some);
        }
        let text = key_file::read(&self.folder).map_err(|error| self.unreadable(&error))?;
        text.map(|text| self.keep(&text)).transpose()
    }

    /// Where the key is: a setting or a file. `None` if there is none and one will be created; an error if one is
    /// required.
    pub fn place(&self) -> Result<Option<String>> {
        match self.existing()? {
            None if self.embedded => Ok(None),
            None => Err(Error::internal(fingerprint::none_given(self))),
            Some(_) if self.given.is_empty() => Ok(Some(self.file())),
            Some(_) => Ok(Some("secrets.key".into())),
        }
    }

    fn keep(&self, text: &str) -> Result<&Key> {
        let key = parse(text.trim()).ok_or_else(|| {
            Error::internal(format!("{} does not contain 64 hexadecimal digits", self.file()))
        })?;
        Ok(self.key.get_or_init(|| Key::new(key)))
    }

    fn unreadable(&self, error: &std::io::Error) -> Error {
        Error::internal(format!("{}: {error}", self.file()))
    }

    /// The key file, used if the settings have no key.
    fn file(&self) -> String {
        self.folder.join(FILE).display().to_string()
    }

    /// Seals a text. It opens only with the same `context`, so that it cannot be used for another purpose.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(Error::internal)?;
        let Key { cipher, id, .. } = self.key()?;
        let payload = Payload { msg: plain, aad: context.as_bytes() };
        let sealed = cipher.encrypt(&Nonce::from(nonce), payload).map_err(Error::internal)?;
        Ok([id, &nonce[..], &sealed].concat())
    }

    /// Opens a sealed text.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let too_short = || Error::internal("a sealed text is too short");
        let (id, rest) = sealed.split_first_chunk::<KEY_ID>().ok_or_else(too_short)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or_else(too_short)?;
        let key = self.key()?;
        if *id != key.id {
            return Err(Error::internal("sealed with another key: set `secrets.key` to the one it was"));
        }
        let payload = Payload { msg: text, aad: context.as_bytes() };
        key.cipher
            .decrypt(&Nonce::from(*nonce), payload)
            .map_err(|_| Error::internal("a sealed text was changed"))
    }
}

fn parse(text: &str) -> Option<[u8; 32]> {
    let digits =
        text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
    digits.collect::<Option<Vec<_>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_that_waits_or_is_closed_is_not_used() {
        let mut settings = Settings::default();
        settings.secrets.key = "1".repeat(64);
        let vault = Vault::new(&settings);
        vault.wait();
        assert!(vault.seal("a", b"text").unwrap_err().is_transient());
        vault.close("because");
        assert!(vault.seal("a", b"text").unwrap_err().to_string().contains("because"));
        vault.unlock();
        assert!(vault.seal("a", b"text").is_ok());
    }

    #[test]
    fn with_postgresql_no_key_is_made() {
        let data = std::env::temp_dir().join(format!("switchyard-no-key-{}", uuid::Uuid::now_v7()));
        let mut settings = Settings { data, ..Settings::default() };
        settings.database.url = "postgres://localhost/none".into();
        let refused = Vault::new(&settings).seal("a", b"text").unwrap_err().to_string();
        assert!(refused.contains("openssl rand -hex 32") && !settings.data.exists(), "{refused}");
    }

    #[test]
    fn only_the_same_key_and_context_open() {
        let of = |digit: &str| {
            let mut settings = Settings::default();
            settings.secrets.key = digit.repeat(64);
            Vault::new(&settings)
        };
        let (vault, other) = (of("1"), of("2"));
        let sealed = vault.seal("a", b"text").unwrap();
        assert_eq!(vault.open("a", &sealed).unwrap(), b"text");
        assert_ne!(sealed, vault.seal("a", b"text").unwrap(), "the nonce is another each time");
        assert!(vault.open("b", &sealed).is_err());
        assert!(other.open("a", &sealed).unwrap_err().to_string().contains("secrets.key"));
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(vault.open("a", &changed).is_err(), "byte {place}");
        }
        for short in 0..sealed.len() {
            assert!(vault.open("a", &sealed[..short]).is_err());
        }
    }
}
