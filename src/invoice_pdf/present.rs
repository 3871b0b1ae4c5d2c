//! A build with PDFs.

use super::Scripts;
use crate::settings::Refused;
use invoice_pdf::{PdfRenderer, draft, paid};
use isp::invoices::{InvoiceRenderer, document::Invoice};
use platform::config::Settings;
use std::sync::Arc;

/// Renders as the settings say. Refused if their template cannot be used.
pub fn renderer(settings: &Settings) -> Result<Arc<dyn InvoiceRenderer>, Refused> {
    Ok(Arc::new(pdf_renderer(settings)?))
}

/// The scripts that there are fonts for.
pub fn scripts(settings: &Settings) -> Result<Option<Scripts>, Refused> {
    let invoice_pdf::Scripts { printed, missing } = pdf_renderer(settings)?.scripts();
    Ok(Some(Scripts { printed, missing }))
}

/// An invoice to try a template with: a draft has as little as possible, the other has everything.
#[expect(clippy::unnecessary_wraps, reason = "a build without PDFs has none")]
pub fn sample(as_draft: bool) -> anyhow::Result<Invoice> {
    Ok(if as_draft { draft() } else { paid() })
}

fn pdf_renderer(settings: &Settings) -> Result<PdfRenderer, Refused> {
    PdfRenderer::new(settings).map_err(|error| Refused(error.to_string()))
}
