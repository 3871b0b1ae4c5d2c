//! The key file in the data folder, used if the settings have no key.

use crate::{
    files::{self, Partial},
    hex::hex,
};
use std::{fs, io, path::Path};

/// Its name.
pub(super) const FILE: &str = "secret.key";

/// The file's content; `None` if it does not exist.
pub(super) fn read(folder: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(folder.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Creates a key durably, or reads the existing one. Concurrent processes get the same key: the file appears
/// atomically, and the second process reads it.
pub(super) fn read_or_make(folder: &Path) -> io::Result<String> {
    if let Some(there) = read(folder)? {
        return Ok(there);
    }
    files::private_folder(folder)?;
    let file = folder.join(FILE);
    let text = random()?;
    match Partial::create(folder)?.keep(text.as_bytes(), &file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Its creator may not have synced it yet.
            files::sync_folder(folder)?;
            fs::read_to_string(file)
        }
        made => made.map(|()| text),
    }
}

fn random() -> io::Result<String> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(hex(&random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_that_start_at_once_have_one_key() {
        let folder = std::env::temp_dir().join(format!("switchyard-vault-{}", uuid::Uuid::now_v7()));
        let keys: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| read_or_make(&folder).unwrap())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0] && super::super::parse(key).is_some()), "{keys:?}");
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
