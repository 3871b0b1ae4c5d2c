//! A build without PDFs: all else works, and what needs one fails with the reason.

use super::Scripts;
use crate::settings::Refused;
use isp::invoices::{InvoiceRenderer, RenderedInvoice, document::Invoice};
use platform::{Error, Result, config::Settings};
use std::sync::Arc;

const REASON: &str = "this program was built without invoice PDFs (the Cargo feature `invoice-pdf`)";

struct Absent;

impl InvoiceRenderer for Absent {
    /// The job that wanted it is retried, perhaps by a worker that has PDFs.
    fn render(&self, _: &Invoice) -> Result<RenderedInvoice> {
        Err(Error::internal(REASON))
    }
}

/// One that always fails.
#[expect(clippy::unnecessary_wraps, reason = "a build with PDFs can refuse a template")]
pub fn renderer(_: &Settings) -> Result<Arc<dyn InvoiceRenderer>, Refused> {
    Ok(Arc::new(Absent))
}

/// `None`.
#[expect(clippy::unnecessary_wraps, reason = "a build with PDFs can refuse a template")]
pub fn scripts(_: &Settings) -> Result<Option<Scripts>, Refused> {
    Ok(None)
}

/// Fails.
pub fn sample(_: bool) -> anyhow::Result<Invoice> {
    anyhow::bail!("{REASON}")
}
