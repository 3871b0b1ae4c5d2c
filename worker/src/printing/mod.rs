//! Printing: invoices as PDF, drawn by typst.
//!
//! The same invoice gives the same bytes on every machine and at any time: fonts are compiled in, the
//! document's date is the invoice's, and nothing but the template's own folder can be read. Only for letters that none
//! of these fonts has, others are looked for ([`fonts`]): there, machines draw the same if they have the same fonts.

mod faults;
mod folder;
mod fonts;
mod glyphs;
mod sample;
mod scripts;
#[cfg(test)]
mod tests;
mod world;

pub use sample::{draft, paid};
pub use scripts::Scripts;

use fonts::Fallback;
use kernel::{Error, Result, config::Settings, domain::invoices::document::Invoice};
use std::{
    fmt,
    sync::{Arc, OnceLock},
};
use tracing::warn;
use world::Press;

/// The operator's template cannot be used: where it is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadTemplate(String);

impl fmt::Display for BadTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invoices.template: {}", self.0)
    }
}

impl std::error::Error for BadTemplate {}

/// An invoice that was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// The document.
    pub pdf: Vec<u8>,
    /// The characters that no font has, which are boxes in it; empty if there are none.
    pub missing: String,
}

/// Draws invoices. Cheap to clone: templates, fonts and what typst remembers are shared. The template that is compiled
/// in is read when the first invoice is drawn: a process that draws none has the memory for something else.
#[derive(Clone)]
pub struct Printer {
    press: Arc<OnceLock<Press>>,
    fallback: Fallback,
}

impl Printer {
    /// With the template of the settings. One of the operator's is tried first, with a draft and with an
    /// invoice that has everything: if it does not compile, the error says where and why, in typst's words.
    pub fn new(settings: &Settings) -> Result<Self, BadTemplate> {
        let template = &settings.invoices.template;
        let fallback = Fallback::of_settings(&settings.invoices);
        if template.as_os_str().is_empty() {
            return Ok(Self { press: Arc::default(), fallback });
        }
        let press = Press::of_operator(template, fallback.clone()).map_err(BadTemplate)?;
        for sample in [sample::draft(), sample::paid()] {
            press.print(&sample).map_err(BadTemplate)?;
            let warnings = press.warnings(&sample).map_err(BadTemplate)?;
            warnings.lines().for_each(|warning| warn!(warning, "invoices.template is strange"));
        }
        Ok(Self { press: Arc::new(press.into()), fallback })
    }

    /// The invoice as PDF: see [`Printer::print`].
    pub async fn render(&self, invoice: &Invoice) -> Result<Vec<u8>> {
        Ok(self.print(invoice).await?.pdf)
    }

    /// Draws the invoice, and logs the characters that no font has. Takes some milliseconds of a processor, beside those
    /// that serve others. Fails when the operator's template does not get along with this invoice.
    pub async fn print(&self, invoice: &Invoice) -> Result<Printed> {
        let (this, copy) = (self.clone(), invoice.clone());
        let drawing = tokio::task::spawn_blocking(move || this.press().print(&copy));
        let printed = drawing.await.map_err(Error::internal)?.map_err(Error::internal)?;
        if !printed.missing.is_empty() {
            let (number, characters) = (invoice.number.as_deref().unwrap_or("draft"), &printed.missing);
            warn!(number, characters, "no font has these characters of the invoice; see invoices.fonts");
        }
        Ok(printed)
    }

    /// The scripts that there are fonts for. Looks for the system's fonts, which may take a moment.
    pub fn scripts(&self) -> Scripts {
        self.press().scripts()
    }

    fn press(&self) -> &Press {
        self.press.get_or_init(|| Press::built_in(self.fallback.clone()))
    }
}
