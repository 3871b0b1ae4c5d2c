//! Compiles a template with typst, whose world is the template's folder, fonts and one invoice.

use super::{
    Scripts, diagnostics,
    folder::Folder,
    fonts::{self, Fallback},
    missing_glyphs,
};
use chrono::{Datelike, NaiveDate};
use isp::invoices::{RenderedInvoice, document::Invoice};
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

/// The built-in template.
const TEMPLATE: &str = include_str!("../templates/invoice.typ");

/// The name under which a template reads the invoice.
const DATA: &str = "invoice.json";

/// How many invoices later typst forgets what it has not used again. What all invoices share (the template,
/// shapes of words) is used each time, and stays.
const MEMORY: usize = 4;

/// What all invoices share.
pub(crate) struct Compiler {
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

impl Compiler {
    /// With the template that is compiled in.
    pub(crate) fn built_in(fallback: Fallback) -> Self {
        Self::with_fonts(fonts::built_in(), fallback)
    }

    /// The same, with these fonts instead of those that are compiled in.
    pub(crate) fn with_fonts(fonts: Vec<Font>, fallback: Fallback) -> Self {
        let main = named("invoice.typ").unwrap_or_else(|why| unreachable!("{why}"));
        Self::new(Folder::of_one(Source::new(main, TEMPLATE.to_owned())), main, fonts, fallback)
            .unwrap_or_else(|why| unreachable!("{why}"))
    }

    /// With the operator's template, and the fonts beside it.
    pub(crate) fn with_template(template: &Path, fallback: Fallback) -> Result<Self, String> {
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

    /// Typst's warnings about the template with this invoice, one a line; empty if there are none.
    pub(crate) fn warnings(&self, invoice: &Invoice) -> Result<String, String> {
        let world = self.world(invoice, &self.store)?;
        Ok(diagnostics::lines(&world, &typst::compile::<PagedDocument>(&world).warnings))
    }

    /// The invoice as PDF, or what is wrong with the template.
    pub(crate) fn render(&self, invoice: &Invoice) -> Result<RenderedInvoice, String> {
        let mut rendered = self.world(invoice, &self.store)?.render(invoice);
        if rendered.as_ref().is_ok_and(|rendered| !rendered.missing.is_empty()) {
            rendered = self.world(invoice, self.with_fallback())?.render(invoice);
        }
        comemo::evict(MEMORY);
        rendered
    }

    /// The scripts that there are fonts for.
    pub(crate) fn scripts(&self) -> Scripts {
        Scripts::of(self.with_fallback().book())
    }

    fn with_fallback(&self) -> &FontStore {
        self.with_fallback.get_or_init(|| self.fallback.behind(&self.fonts))
    }

    fn world<'a>(&'a self, invoice: &Invoice, fonts: &'a FontStore) -> Result<InvoiceWorld<'a>, String> {
        let data = serde_json::to_vec(invoice).map_err(|error| error.to_string())?;
        let logo = invoice.seller.logo.as_ref();
        let logo = logo.map(|logo| Ok::<_, String>((named(logo.file_name())?, Bytes::new(logo.0.clone()))));
        Ok(InvoiceWorld { compiler: self, fonts, data: Bytes::new(data), logo: logo.transpose()? })
    }
}

/// What a template can read while one invoice is drawn.
struct InvoiceWorld<'a> {
    compiler: &'a Compiler,
    fonts: &'a FontStore,
    data: Bytes,
    /// The seller's, as a file.
    logo: Option<(FileId, Bytes)>,
}

impl InvoiceWorld<'_> {
    fn render(&self, invoice: &Invoice) -> Result<RenderedInvoice, String> {
        let lines = |faults: &[SourceDiagnostic]| diagnostics::lines(self, faults);
        let document = typst::compile::<PagedDocument>(self).output.map_err(|faults| lines(&faults))?;
        let pdf = typst_pdf::pdf(&document, &options(invoice)).map_err(|faults| lines(&faults))?;
        Ok(RenderedInvoice { pdf, missing: missing_glyphs::characters(&document) })
    }
}

/// Nothing in the file depends on the time of rendering.
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

impl World for InvoiceWorld<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.compiler.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.fonts.book()
    }

    fn main(&self) -> FileId {
        self.compiler.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.compiler.data { Err(FileError::NotSource) } else { self.compiler.folder.source(id) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.compiler.data {
            return Ok(self.data.clone());
        }
        match &self.logo {
            Some((logo, bytes)) if *logo == id => Ok(bytes.clone()),
            _ => self.compiler.folder.file(id),
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.font(index)
    }

    /// No current date: rendering an invoice again gives the same bytes.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
