//! Seals what is kept secret in the database: AES-256-GCM, with a key that is not in the database.

use crate::{
    config::Settings,
    error::{Error, Result},
};
use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// Bytes that say which key sealed: a wrong key is told from a changed text.
const MARK: usize = 4;
/// Bytes of the random nonce.
const NONCE: usize = 12;
/// The name of the file that holds the key, in the data folder.
const FILE: &str = "secret.key";

/// Seals and opens. The sealed form is the key's mark, the nonce, then the text and its tag.
pub struct Vault {
    given: String,
    folder: PathBuf,
    key: OnceLock<Key>,
}

struct Key {
    cipher: Aes256Gcm,
    mark: [u8; MARK],
}

impl Key {
    fn new(key: [u8; 32]) -> Self {
        let mut mark = [0; MARK];
        mark.copy_from_slice(&Sha256::digest([b"switchyard vault".as_slice(), &key].concat())[..MARK]);
        Self { cipher: Aes256Gcm::new(&key.into()), mark }
    }
}

impl Vault {
    /// With the key of the settings (`secrets.key`), or that of the data folder, which is made if there is
    /// none, readable by its owner alone. It is looked for when it is first needed.
    pub(crate) fn new(settings: &Settings) -> Self {
        let (given, folder) = (settings.secrets.key.clone(), settings.data.clone());
        Self { given, folder, key: OnceLock::new() }
    }

    fn key(&self) -> Result<&Key> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let text = match self.given.as_str() {
            "" => of_folder(&self.folder)
                .map_err(|error| Error::internal(format!("{}: {error}", self.folder.join(FILE).display())))?,
            given => given.to_owned(),
        };
        let key = parse(text.trim())
            .ok_or_else(|| Error::internal(format!("{FILE} holds no 64 hexadecimal digits")))?;
        Ok(self.key.get_or_init(|| Key::new(key)))
    }

    /// Seals a text. It opens with the same `context` alone, so that what is sealed for one purpose cannot
    /// be put in the place of another.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(Error::internal)?;
        let Key { cipher, mark } = self.key()?;
        let payload = Payload { msg: plain, aad: context.as_bytes() };
        let sealed = cipher.encrypt(&Nonce::from(nonce), payload).map_err(Error::internal)?;
        Ok([mark, &nonce[..], &sealed].concat())
    }

    /// Opens what was sealed.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let too_short = || Error::internal("a sealed text is too short");
        let (mark, rest) = sealed.split_first_chunk::<MARK>().ok_or_else(too_short)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or_else(too_short)?;
        let key = self.key()?;
        if *mark != key.mark {
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

/// The key of the data folder. Two processes that start at once end up with one key: the file appears whole,
/// and whoever comes second reads that of the first.
fn of_folder(folder: &Path) -> io::Result<String> {
    let file = folder.join(FILE);
    match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(folder, &file),
        other => other,
    }
}

fn make(folder: &Path, file: &Path) -> io::Result<String> {
    fs::create_dir_all(folder)?;
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let text = random.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    let own = folder.join(format!(".{FILE}.{}", &text[..16]));
    private(&own)?.write_all(text.as_bytes())?;
    let linked = fs::hard_link(&own, file);
    fs::remove_file(&own)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::read_to_string(file),
        Err(error) => Err(error),
        Ok(()) => Ok(text),
    }
}

/// A new file that its owner alone can read.
fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn processes_that_start_at_once_have_one_key() {
        let folder = std::env::temp_dir().join(format!("switchyard-vault-{}", uuid::Uuid::now_v7()));
        let keys: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| of_folder(&folder).unwrap())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0] && parse(key).is_some()), "{keys:?}");
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(
                &fs::metadata(folder.join(FILE)).unwrap().permissions(),
            );
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing else is left");
        fs::remove_dir_all(folder).unwrap();
    }
}
