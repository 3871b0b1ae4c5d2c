//! What typst sees of the world: a template, fonts, and one invoice.

use super::{
    Printed, Scripts, faults,
    folder::Folder,
    fonts::{self, Fallback},
    glyphs,
};
use chrono::{Datelike, NaiveDate};
use kernel::domain::invoices::document::Invoice;
use std::{path::Path, sync::OnceLock};
use typst::{
    Library, LibraryExt, World, comemo,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_kit::fonts::FontStore;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, Timestamp};

/// The template of an installation that has none of its own.
const TEMPLATE: &str = include_str!("../../templates/invoice.typ");

/// Under which name a template finds the invoice.
const DATA: &str = "invoice.json";

/// How many invoices later typst forgets what it has not used again. What all invoices share (the template,
/// shapes of words) is used each time, and stays.
const MEMORY: usize = 4;

/// All that does not change from one invoice to the next.
pub(super) struct Press {
    library: LazyHash<Library>,
    fonts: Vec<Font>,
    store: FontStore,
    fallback: Fallback,
    /// The same fonts, and those for other scripts; made when they are first needed.
    with_fallback: OnceLock<FontStore>,
    folder: Folder,
    main: FileId,
    data: FileId,
}

impl Press {
    /// With the template that is compiled in.
    pub(super) fn built_in(fallback: Fallback) -> Self {
        Self::with_fonts(fonts::built_in(), fallback)
    }

    /// The same, with these fonts instead of those that are compiled in.
    pub(super) fn with_fonts(fonts: Vec<Font>, fallback: Fallback) -> Self {
        let main = named("invoice.typ").unwrap_or_else(|why| unreachable!("{why}"));
        Self::new(Folder::of_one(Source::new(main, TEMPLATE.to_owned())), main, fonts, fallback)
            .unwrap_or_else(|why| unreachable!("{why}"))
    }

    /// With the operator's template, and the fonts beside it.
    pub(super) fn of_operator(template: &Path, fallback: Fallback) -> Result<Self, String> {
        let failed = |error| format!("{}: {error}", template.display());
        let path = template.canonicalize().map_err(failed)?;
        let (Some(root), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(format!("{} is no file", template.display()));
        };
        let folder = Folder::at(root).map_err(failed)?;
        let mut fonts = folder.fonts().map_err(failed)?;
        fonts.extend(fonts::built_in());
        Self::new(folder, named(&name.to_string_lossy())?, fonts, fallback)
    }

    fn new(folder: Folder, main: FileId, fonts: Vec<Font>, fallback: Fallback) -> Result<Self, String> {
        Ok(Self {
            library: LazyHash::new(Library::default()),
            store: fonts::store(&fonts),
            fonts,
            fallback,
            with_fallback: OnceLock::new(),
            folder,
            main,
            data: named(DATA)?,
        })
    }

    /// What typst finds strange in the template as it draws this invoice; empty when nothing.
    pub(super) fn warnings(&self, invoice: &Invoice) -> Result<String, String> {
        let sheet = self.sheet(invoice, &self.store)?;
        Ok(faults::told(&sheet, &typst::compile::<PagedDocument>(&sheet).warnings))
    }

    /// The invoice as PDF, or what is wrong with the template.
    pub(super) fn print(&self, invoice: &Invoice) -> Result<Printed, String> {
        let mut printed = self.sheet(invoice, &self.store)?.print(invoice);
        if printed.as_ref().is_ok_and(|printed| !printed.missing.is_empty()) {
            printed = self.sheet(invoice, self.with_fallback())?.print(invoice);
        }
        comemo::evict(MEMORY);
        printed
    }

    /// The scripts that there are fonts for.
    pub(super) fn scripts(&self) -> Scripts {
        Scripts::of(self.with_fallback().book())
    }

    fn with_fallback(&self) -> &FontStore {
        self.with_fallback.get_or_init(|| self.fallback.behind(&self.fonts))
    }

    fn sheet<'a>(&'a self, invoice: &Invoice, fonts: &'a FontStore) -> Result<Sheet<'a>, String> {
        let data = serde_json::to_vec(invoice).map_err(|error| error.to_string())?;
        let logo = invoice.seller.logo.as_ref();
        let logo = logo.map(|logo| Ok::<_, String>((named(logo.file_name())?, Bytes::new(logo.0.clone()))));
        Ok(Sheet { press: self, fonts, data: Bytes::new(data), logo: logo.transpose()? })
    }
}

/// The world as one invoice's template sees it.
struct Sheet<'a> {
    press: &'a Press,
    fonts: &'a FontStore,
    data: Bytes,
    /// The seller's, as a file.
    logo: Option<(FileId, Bytes)>,
}

impl Sheet<'_> {
    fn print(&self, invoice: &Invoice) -> Result<Printed, String> {
        let told = |faults: &[SourceDiagnostic]| faults::told(self, faults);
        let document = typst::compile::<PagedDocument>(self).output.map_err(|faults| told(&faults))?;
        let pdf = typst_pdf::pdf(&document, &options(invoice)).map_err(|faults| told(&faults))?;
        Ok(Printed { pdf, missing: glyphs::missing(&document) })
    }
}

/// Nothing in the file is of the moment in which it is made.
fn options(invoice: &Invoice) -> PdfOptions {
    PdfOptions {
        ident: Smart::Custom(format!("{} {:?}", invoice.seller.name, invoice.number)),
        creator: Smart::Custom(Some("Switchyard".to_owned())),
        timestamp: datetime(invoice.issued_on).map(Timestamp::new_utc),
        ..PdfOptions::default()
    }
}

fn datetime(day: NaiveDate) -> Option<Datetime> {
    let number = |part: u32| u8::try_from(part).ok();
    Datetime::from_ymd_hms(day.year(), number(day.month())?, number(day.day())?, 0, 0, 0)
}

fn named(path: &str) -> Result<FileId, String> {
    let path = VirtualPath::new(path).map_err(|error| format!("`{path}`: {error}"))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

impl World for Sheet<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.press.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.fonts.book()
    }

    fn main(&self) -> FileId {
        self.press.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.press.data { Err(FileError::NotSource) } else { self.press.folder.source(id) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.press.data {
            return Ok(self.data.clone());
        }
        match &self.logo {
            Some((logo, bytes)) if *logo == id => Ok(bytes.clone()),
            _ => self.press.folder.file(id),
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.font(index)
    }

    /// There is no today: an invoice that is printed again is the same.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
