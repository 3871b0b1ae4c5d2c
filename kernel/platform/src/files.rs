//! The platform's own files in the data folder: private to their owner, and written atomically.
//!
//! A file being written has a temporary name ([`Partial`]) and is locked while its process lives, so that leftovers of
//! killed processes can be told apart from files in use.

use crate::config::Settings;
use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};
use tracing::warn;
use uuid::Uuid;

/// The name prefix of temporary files.
const PARTIAL: &str = ".partial-";

/// Creates the folder and its parents, private to the owner. An existing folder becomes private.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        close(folder);
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Creates a file readable only by its owner. Fails if it exists.
pub fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a file or folder of this process's user private. Failures are logged, since the platform works all the same.
/// Missing files and world-writable folders (`/tmp`) are left alone.
#[cfg(unix)]
pub fn close(path: &Path) {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    const OTHERS: u32 = 0o077;
    const STICKY: u32 = 0o1000;
    let Ok(found) = fs::metadata(path) else { return };
    let mode = found.permissions().mode();
    if mode & OTHERS == 0 {
        return;
    }
    let is_ours = found.uid() == nix::unistd::geteuid().as_raw();
    let closed = if !is_ours {
        Err(io::Error::other("it belongs to another user"))
    } else if mode & STICKY != 0 {
        Err(io::Error::other("it is a folder for everybody"))
    } else {
        fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700))
    };
    match closed {
        Ok(()) => warn!(path = %path.display(), "others could read it; now its owner alone can"),
        Err(error) => warn!(path = %path.display(), %error, "others can read it"),
    }
}

/// Permissions are those of the system.
#[cfg(not(unix))]
pub fn close(_: &Path) {}

/// Syncs a folder, so that its entries survive a power failure.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes the data folder private, and removes leftovers of killed processes. Failures are logged: none of this is
/// essential.
pub fn tidy(settings: &Settings) {
    let data = &settings.data;
    if !data.is_dir() {
        return;
    }
    let [outbox, spool] = ["outbox", "spool"].map(|name| data.join(name));
    for path in [data, &outbox, &spool, &data.join("secret.key")] {
        close(path);
    }
    for (folder, is_left) in
        [(data, is_partial as Left), (&outbox, is_left_in_outbox), (&spool, is_left_in_spool)]
    {
        match sweep(folder, is_left) {
            Ok(0) => {}
            Ok(count) => {
                warn!(folder = %folder.display(), count, "removed unfinished files of processes that died");
            }
            Err(error) => warn!(folder = %folder.display(), %error, "cannot look for unfinished files"),
        }
    }
}

/// Whether it is the name of a temporary file.
type Left = fn(&str) -> bool;

fn is_partial(name: &str) -> bool {
    name.starts_with(PARTIAL)
}

/// The names in earlier versions.
fn is_left_in_outbox(name: &str) -> bool {
    is_partial(name) || name.strip_prefix('.').is_some_and(|id| Uuid::try_parse(id).is_ok())
}

/// On file systems without unnamed files, `tempfile` creates a named one and removes the name immediately; its holder
/// does not need the name.
fn is_left_in_spool(name: &str) -> bool {
    name.starts_with(".tmp")
}

/// Removes the files selected by `is_left` that no process holds; returns their number.
fn sweep(folder: &Path, is_left: Left) -> io::Result<usize> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_left) && remove_unheld(&entry.path())? {
            removed += 1;
        }
    }
    Ok(removed)
}

/// Removed under its lock: a process that has created but not locked it yet finds it removed, and creates another.
fn remove_unheld(path: &Path) -> io::Result<bool> {
    let removed = File::open(path).and_then(|file| match file.try_lock() {
        Ok(()) => fs::remove_file(path).map(|()| true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    });
    match removed {
        // Another process has removed or just finished it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        other => other,
    }
}

/// A file being written, private to its owner. Removed if dropped unfinished.
pub struct Partial {
    file: File,
    path: PathBuf,
}

impl Partial {
    /// In the folder of the finished file.
    pub fn create(folder: &Path) -> io::Result<Self> {
        loop {
            let path = folder.join(format!("{PARTIAL}{}", Uuid::now_v7().simple()));
            let file = private_file(&path)?;
            file.lock()?;
            if path.exists() {
                return Ok(Self { file, path });
            }
        }
    }

    /// Writes the content and renames the file, replacing an existing one. On return it survives a power failure.
    pub fn replace(mut self, text: &[u8], name: &Path) -> io::Result<()> {
        self.write(text)?;
        fs::rename(&self.path, name)?;
        sync_folder_of(name)
    }

    /// [`Self::replace`] that does not replace an existing file: `AlreadyExists`.
    pub fn keep(mut self, text: &[u8], name: &Path) -> io::Result<()> {
        self.write(text)?;
        fs::hard_link(&self.path, name)?;
        sync_folder_of(name)
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.file.write_all(text)?;
        self.file.sync_all()
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // It is renamed by now, or the error is reported: a leftover is the lesser problem.
        let _ = fs::remove_file(&self.path);
    }
}

fn sync_folder_of(name: &Path) -> io::Result<()> {
    name.parent().map_or(Ok(()), sync_folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn folder() -> PathBuf {
        let folder = std::env::temp_dir().join(format!("switchyard-files-{}", Uuid::now_v7()));
        private_folder(&folder.join("a")).unwrap();
        folder
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn folders_and_files_are_their_owners_alone() {
        let folder = folder();
        let file = folder.join("a/file");
        Partial::create(&folder.join("a")).unwrap().replace(b"text", &file).unwrap();
        assert_eq!([mode(&folder), mode(&folder.join("a")), mode(&file)], [0o700, 0o700, 0o600]);
        for (path, loose, closed) in
            [(&folder, 0o755, 0o700), (&file, 0o664, 0o600), (&folder, 0o1777, 0o1777)]
        {
            fs::set_permissions(path, fs::Permissions::from_mode(loose)).unwrap();
            close(path);
            assert_eq!(mode(path), closed, "{loose:o}");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_being_written_is_not_swept_and_what_is_left_is() {
        let folder = folder();
        let held = Partial::create(&folder).unwrap();
        let left = folder.join(format!("{PARTIAL}left"));
        fs::write(&left, "half").unwrap();
        fs::write(folder.join("other"), "whole").unwrap();
        assert_eq!(sweep(&folder, is_partial).unwrap(), 1);
        assert!(held.path.exists() && !left.exists());
        held.replace(b"whole", &folder.join("finished")).unwrap();
        drop(Partial::create(&folder).unwrap());
        let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a", "finished", "other"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn only_names_of_ours_are_swept() {
        assert!(is_left_in_outbox(&format!(".{}", Uuid::now_v7())));
        for name in [".hidden", "a@example.com.eml", "..", ".tmpAbC123"] {
            assert!(!is_left_in_outbox(name), "{name}");
        }
        assert!(is_left_in_spool(".tmpAbC123") && !is_left_in_spool("tmp"));
    }
}
