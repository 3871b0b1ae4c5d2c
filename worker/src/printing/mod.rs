//! Printing: invoices as PDF, drawn by typst.
//!
//! The same invoice gives the same bytes on every machine and at any time: fonts are compiled in, the
//! document's date is the invoice's, and nothing but the template's own folder can be read.

mod faults;
mod folder;
mod fonts;
mod sample;
#[cfg(test)]
mod tests;
mod world;

pub use sample::{draft, paid};

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

/// Draws invoices. Cheap to clone: templates, fonts and what typst remembers are shared. The template that is compiled
/// in is read when the first invoice is drawn: a process that draws none has the memory for something else.
#[derive(Clone)]
pub struct Printer {
    press: Arc<OnceLock<Press>>,
}

impl Printer {
    /// With the template of the settings. One of the operator's is tried first, with a draft and with an
    /// invoice that has everything: if it does not compile, the error says where and why, in typst's words.
    pub fn new(settings: &Settings) -> Result<Self, BadTemplate> {
        let template = &settings.invoices.template;
        if template.as_os_str().is_empty() {
            return Ok(Self { press: Arc::default() });
        }
        let press = Press::of_operator(template).map_err(BadTemplate)?;
        for sample in [sample::draft(), sample::paid()] {
            press.print(&sample).map_err(BadTemplate)?;
            let warnings = press.warnings(&sample).map_err(BadTemplate)?;
            warnings.lines().for_each(|warning| warn!(warning, "invoices.template is strange"));
        }
        Ok(Self { press: Arc::new(press.into()) })
    }

    /// The invoice as PDF. Takes some milliseconds of a processor, beside those that serve others. Fails when
    /// the operator's template does not get along with this invoice.
    pub async fn render(&self, invoice: &Invoice) -> Result<Vec<u8>> {
        let (press, invoice) = (self.press.clone(), invoice.clone());
        let drawn = tokio::task::spawn_blocking(move || press.get_or_init(Press::built_in).print(&invoice));
        drawn.await.map_err(Error::internal)?.map_err(Error::internal)
    }
}
