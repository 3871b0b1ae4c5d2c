//! Fonts, in the order in which they are tried: those beside the operator's template, those that are compiled in, and
//! for what none of these has, those of a folder and of the system.
//!
//! The last are looked for when they are first needed, once a process, and never take the place of a font that is before
//! them: an invoice that does without them is the same on every machine, and as fast.

use fontdb::{Database, Source};
use kernel::config::Invoices;
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};
use typst::{
    foundations::Bytes,
    text::{Font, FontBook, FontInfo},
    utils::LazyHash,
};

/// Text in two weights; what Inter has no letters for (Arabic, Hebrew, Armenian, Georgian, symbols); emoji.
const BUILT_IN: [&[u8]; 4] = [
    include_bytes!("../../fonts/Inter-Regular.otf"),
    include_bytes!("../../fonts/Inter-SemiBold.otf"),
    include_bytes!("../../fonts/DejaVuSans.ttf"),
    include_bytes!("../../fonts/NotoEmoji-Regular.ttf"),
];

/// Those of this file. They are views of the program, not copies.
pub(super) fn built_in() -> Vec<Font> {
    BUILT_IN.into_iter().flat_map(|data| Font::iter(Bytes::new(data))).collect()
}

/// Those of a font file's content; none when it is no font.
pub(super) fn of_file(data: Vec<u8>) -> impl Iterator<Item = Font> {
    Font::iter(Bytes::new(data))
}

/// Fonts that typst can choose from, by their places in the book.
pub(super) struct Fonts {
    book: LazyHash<FontBook>,
    slots: Vec<Slot>,
}

/// A font, which is read when it is first used.
enum Slot {
    Loaded(Font),
    File { place: Place, font: OnceLock<Option<Font>> },
}

/// Where a font is: the file, and which of its fonts it is.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    path: PathBuf,
    index: u32,
}

impl Fonts {
    /// These alone.
    pub(super) fn of(fonts: &[Font]) -> Self {
        let slots = fonts.iter().cloned().map(Slot::Loaded).collect();
        Self { book: LazyHash::new(FontBook::from_fonts(fonts)), slots }
    }

    fn push(&mut self, (place, info): (Place, FontInfo)) {
        self.book.push(info);
        self.slots.push(Slot::File { place, font: OnceLock::new() });
    }

    pub(super) fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    pub(super) fn font(&self, index: usize) -> Option<Font> {
        match self.slots.get(index)? {
            Slot::Loaded(font) => Some(font.clone()),
            Slot::File { place, font } => font.get_or_init(|| place.load()).clone(),
        }
    }
}

impl Place {
    fn load(&self) -> Option<Font> {
        Font::new(Bytes::new(fs::read(&self.path).ok()?), self.index)
    }
}

/// Where fonts for other scripts are looked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Fallback {
    /// A folder, with all that is below it.
    pub folder: Option<PathBuf>,
    /// Whether the folders of the operating system count too.
    pub system: bool,
}

impl Fallback {
    pub(super) fn of_settings(invoices: &Invoices) -> Self {
        let folder = Some(invoices.fonts.clone()).filter(|folder| !folder.as_os_str().is_empty());
        Self { folder, system: invoices.system_fonts }
    }

    /// These fonts, and behind them those that are found, by their paths: which one is taken does not depend on the
    /// order in which a file system lists them.
    pub(super) fn behind(&self, fonts: &[Font]) -> Fonts {
        let families: HashSet<_> = fonts.iter().map(|font| font.info().family.clone()).collect();
        let mut all = Fonts::of(fonts);
        let folder = self.folder.iter().flat_map(|folder| in_folder(folder));
        let system = self.system.then(of_system).into_iter().flatten();
        let others = folder.chain(system).filter(|(_, info)| !families.contains(&info.family));
        others.for_each(|font| all.push(font));
        all
    }
}

fn in_folder(folder: &Path) -> Vec<(Place, FontInfo)> {
    let mut fonts = Database::new();
    fonts.load_fonts_dir(folder);
    by_place(&fonts)
}

fn of_system() -> Vec<(Place, FontInfo)> {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    by_place(&fonts)
}

fn by_place(fonts: &Database) -> Vec<(Place, FontInfo)> {
    let font = |face: &fontdb::FaceInfo| {
        let (Source::File(path) | Source::SharedFile(path, _)) = &face.source else { return None };
        let info = fonts.with_face_data(face.id, FontInfo::new)??;
        Some((Place { path: path.clone(), index: face.index }, info))
    };
    let mut found: Vec<_> = fonts.faces().filter_map(font).collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}
