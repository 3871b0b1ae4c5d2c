//! Invoices as PDF, drawn by typst. A crate of its own, which a build can leave out: typst is a third of all code.
//!
//! The same invoice gives the same bytes on every machine and at any time: fonts are compiled in, the document's date is
//! the invoice's, and a template can read only its own folder. Other fonts are looked for only if none of these has a
//! character ([`fonts`]); then machines with the same fonts draw the same.

mod compiler;
mod diagnostics;
mod folder;
mod fonts;
mod missing_glyphs;
mod sample;
mod scripts;
#[cfg(test)]
mod tests;

pub use sample::{draft, paid};
pub use scripts::Scripts;

use compiler::Compiler;
use fonts::Fallback;
use isp::invoices::{InvoiceRenderer, RenderedInvoice, document::Invoice};
use platform::{Error, Result, config::Settings};
use std::{
    fmt,
    sync::{Arc, OnceLock},
};
use tracing::warn;

/// The operator's template cannot be used: the place in it, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError(String);

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invoices.template: {}", self.0)
    }
}

impl std::error::Error for TemplateError {}

/// Draws invoices. Cheap to clone: the template, fonts and typst's caches are shared. The built-in template is loaded
/// with the first invoice, so that a process that draws none saves the memory.
#[derive(Clone)]
pub struct PdfRenderer {
    compiler: Arc<OnceLock<Compiler>>,
    fallback: Fallback,
}

impl PdfRenderer {
    /// With the template of the settings. An operator's template is tried with a draft and with an invoice that has
    /// everything; if it does not compile, the error says where and why, in typst's words.
    pub fn new(settings: &Settings) -> Result<Self, TemplateError> {
        let template = &settings.invoices.template;
        let fallback = Fallback::from_settings(&settings.invoices);
        if template.as_os_str().is_empty() {
            return Ok(Self { compiler: Arc::default(), fallback });
        }
        let compiler = Compiler::with_template(template, fallback.clone()).map_err(TemplateError)?;
        for sample in [sample::draft(), sample::paid()] {
            compiler.render(&sample).map_err(TemplateError)?;
            let warnings = compiler.warnings(&sample).map_err(TemplateError)?;
            warnings.lines().for_each(|warning| warn!(warning, "typst warns about invoices.template"));
        }
        Ok(Self { compiler: Arc::new(compiler.into()), fallback })
    }

    /// The scripts that there are fonts for. Looks for the system's fonts, which may take a moment.
    pub fn scripts(&self) -> Scripts {
        self.compiler().scripts()
    }

    fn compiler(&self) -> &Compiler {
        self.compiler.get_or_init(|| Compiler::built_in(self.fallback.clone()))
    }
}

impl InvoiceRenderer for PdfRenderer {
    fn render(&self, invoice: &Invoice) -> Result<RenderedInvoice> {
        self.compiler().render(invoice).map_err(Error::internal)
    }
}
