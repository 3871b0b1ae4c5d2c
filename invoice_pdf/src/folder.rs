//! The folder of a template: all that it can read.

use super::fonts;
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};
use typst::{
    diag::{FileError, FileResult},
    foundations::Bytes,
    syntax::{FileId, Source, VirtualRoot},
    text::Font,
};

/// The files of a folder, each read once: what is changed on the disk counts from the next start on, and
/// never in the middle of a run of invoices.
#[derive(Default)]
pub(crate) struct Folder {
    /// `None` if there are only the given files.
    root: Option<PathBuf>,
    read: Mutex<Read>,
}

#[derive(Default)]
struct Read {
    sources: HashMap<FileId, Source>,
    files: HashMap<FileId, Bytes>,
}

impl Folder {
    /// One that has nothing but this text.
    pub(crate) fn of_one(source: Source) -> Self {
        let folder = Self::default();
        folder.read().sources.insert(source.id(), source);
        folder
    }

    /// That folder of the disk.
    pub(crate) fn at(root: &Path) -> io::Result<Self> {
        Ok(Self { root: Some(root.canonicalize()?), ..Self::default() })
    }

    /// The fonts that lie in it, by the names of their files.
    pub(crate) fn fonts(&self) -> io::Result<Vec<Font>> {
        let Some(root) = &self.root else { return Ok(vec![]) };
        let mut paths = fs::read_dir(root)?
            .map(|entry| Ok(entry?.path()))
            .filter(|path| path.as_ref().map_or(true, |path| is_font(path)))
            .collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        let found: Vec<_> = paths.into_iter().map(fs::read).collect::<io::Result<_>>()?;
        Ok(found.into_iter().flat_map(fonts::from_file).collect())
    }

    /// A file as typst's markup.
    pub(crate) fn source(&self, id: FileId) -> FileResult<Source> {
        if let Some(source) = self.read().sources.get(&id) {
            return Ok(source.clone());
        }
        let source = Source::new(id, self.file(id)?.as_str()?.to_owned());
        Ok(self.read().sources.entry(id).or_insert(source).clone())
    }

    /// A file as it is.
    pub(crate) fn file(&self, id: FileId) -> FileResult<Bytes> {
        if let Some(bytes) = self.read().files.get(&id) {
            return Ok(bytes.clone());
        }
        let bytes = Bytes::new(self.load(id)?);
        Ok(self.read().files.entry(id).or_insert(bytes).clone())
    }

    /// Neither packages, nor what a link in the folder leads to outside of it.
    fn load(&self, id: FileId) -> FileResult<Vec<u8>> {
        let (VirtualRoot::Project, Some(root)) = (id.root(), &self.root) else {
            return Err(FileError::AccessDenied);
        };
        let shown = Path::new(id.vpath().get_without_slash());
        let failed = |error| FileError::from_io(error, shown);
        let path = id.vpath().realize(root).map_err(FileError::Realize)?;
        let path = path.canonicalize().map_err(failed)?;
        if !path.starts_with(root) {
            return Err(FileError::AccessDenied);
        }
        fs::read(path).map_err(failed)
    }

    fn read(&self) -> MutexGuard<'_, Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_font(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    ["otf", "ttf", "ttc"].iter().any(|it| extension == *it)
}
