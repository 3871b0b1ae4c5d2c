//! Fonts, in the order in which they are tried: those beside the operator's template, those that are compiled in, and
//! for what none of these has, those of a folder and of the system.
//!
//! The last are looked for when they are first needed, once a process, and never take the place of a font that is before
//! them: an invoice that does without them is the same on every machine, and as fast.

use fontdb::{Database, Source};
use platform::config::Invoices;
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};
use typst::{
    foundations::Bytes,
    text::{Font, FontInfo},
};
use typst_kit::fonts::{FontPath, FontStore};

/// Text in two weights; what Inter has no letters for (Arabic, Hebrew, Armenian, Georgian, symbols); emoji.
const BUILT_IN: [&[u8]; 4] = [
    include_bytes!("../fonts/Inter-Regular.otf"),
    include_bytes!("../fonts/Inter-SemiBold.otf"),
    include_bytes!("../fonts/DejaVuSans.ttf"),
    include_bytes!("../fonts/NotoEmoji-Regular.ttf"),
];

/// Those of this file. They are views of the program, not copies.
pub(crate) fn built_in() -> Vec<Font> {
    BUILT_IN.into_iter().flat_map(|data| Font::iter(Bytes::new(data))).collect()
}

/// Those of a font file's content; none when it is no font.
pub(crate) fn from_file(data: Vec<u8>) -> impl Iterator<Item = Font> {
    Font::iter(Bytes::new(data))
}

/// These, for typst to choose from.
pub(crate) fn store(fonts: &[Font]) -> FontStore {
    let mut store = FontStore::new();
    store.extend(fonts.iter().map(|font| (font.clone(), font.info().clone())));
    store
}

/// Where fonts for other scripts are looked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fallback {
    /// A folder, with all that is below it.
    pub folder: Option<PathBuf>,
    /// Whether the folders of the operating system count too.
    pub system: bool,
}

impl Fallback {
    pub(crate) fn from_settings(invoices: &Invoices) -> Self {
        let folder = Some(invoices.fonts.clone()).filter(|folder| !folder.as_os_str().is_empty());
        Self { folder, system: invoices.system_fonts }
    }

    /// These fonts, and behind them those that are found, by their paths: which one is taken does not depend on the
    /// order in which a file system lists them.
    pub(crate) fn behind(&self, fonts: &[Font]) -> FontStore {
        let families: HashSet<_> = fonts.iter().map(|font| font.info().family.clone()).collect();
        let mut all = store(fonts);
        let folder = self.folder.iter().flat_map(|folder| in_folder(folder));
        let system = self.system.then(from_system).into_iter().flatten();
        let others = folder.chain(system).filter(|(_, info)| !families.contains(&info.family));
        all.extend(others);
        all
    }
}

fn in_folder(folder: &Path) -> Vec<(FontPath, FontInfo)> {
    let mut fonts = Database::new();
    fonts.load_fonts_dir(folder);
    by_path(&fonts)
}

fn from_system() -> Vec<(FontPath, FontInfo)> {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    by_path(&fonts)
}

fn by_path(fonts: &Database) -> Vec<(FontPath, FontInfo)> {
    let font = |face: &fontdb::FaceInfo| {
        let (Source::File(path) | Source::SharedFile(path, _)) = &face.source else { return None };
        let info = fonts.with_face_data(face.id, FontInfo::new)??;
        Some((FontPath { path: path.clone(), index: face.index }, info))
    };
    let mut found: Vec<_> = fonts.faces().filter_map(font).collect();
    found.sort_by(|(a, _), (b, _)| (&a.path, a.index).cmp(&(&b.path, b.index)));
    found
}
