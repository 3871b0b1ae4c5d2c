//! Files of the platform's own in the data folder: nobody but their owner reads them, and they appear whole or not at
//! all.
//!
//! A file that is being written has a name of its own ([`Partial`]) and is locked for as long as its process lives, so
//! that what a killed process left behind can be told from what another one writes just now.

use crate::config::Settings;
use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};
use tracing::warn;
use uuid::Uuid;

/// How the names of files begin that are being written.
const PARTIAL: &str = ".partial-";

/// Makes the folder, and those above it, for its owner alone. One that is there and lets others in is closed to them.
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

/// A new file that its owner alone can read. Fails when there is one of this name.
pub fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Takes group and others their rights to a file or folder of this process's user. What cannot be closed is said in
/// the log: the platform works all the same. What is not there is left alone, and so are folders that are made for
/// everybody (`/tmp`).
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

/// Rights are those of the system.
#[cfg(not(unix))]
pub fn close(_: &Path) {}

/// Has the names in a folder survive a power cut.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Closes what is in the data folder to others, and removes what killed processes left unfinished. Faults are logged:
/// none of this is needed to work.
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

/// Whether a file of this name is one that somebody writes or has left unfinished.
type Left = fn(&str) -> bool;

fn is_partial(name: &str) -> bool {
    name.starts_with(PARTIAL)
}

/// Versions before this one named them so.
fn is_left_in_outbox(name: &str) -> bool {
    is_partial(name) || name.strip_prefix('.').is_some_and(|id| Uuid::try_parse(id).is_ok())
}

/// Where the file system knows no files without a name, `tempfile` makes one for a moment and takes its name away
/// itself: whoever holds it does not need it.
fn is_left_in_spool(name: &str) -> bool {
    name.starts_with(".tmp")
}

/// Removes the files that `is_left` names and no process holds; returns how many.
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

/// Removed under its lock: whoever has made it and not locked it yet finds it gone then, and makes another.
fn remove_unheld(path: &Path) -> io::Result<bool> {
    let removed = File::open(path).and_then(|file| match file.try_lock() {
        Ok(()) => fs::remove_file(path).map(|()| true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    });
    match removed {
        // Another process swept it, or has just finished it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        other => other,
    }
}

/// A file that is being written, for its owner alone. Dropped unfinished, it is removed.
pub struct Partial {
    file: File,
    path: PathBuf,
}

impl Partial {
    /// In the folder that the finished file is to be in.
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

    /// Writes it and gives it its name, over the file that has it if there is one. On return it survives a power cut.
    pub fn replace(mut self, text: &[u8], name: &Path) -> io::Result<()> {
        self.write(text)?;
        fs::rename(&self.path, name)?;
        sync_folder_of(name)
    }

    /// The same, but a file that has the name stays: `AlreadyExists`.
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
        // It has its name by now, or its fault is told: what is left of the file is the smaller harm.
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
