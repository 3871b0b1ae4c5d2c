//! Rendering: the domain says what an invoice shows, an implementation of [`InvoiceRenderer`] draws it.

use super::document::Invoice;
use platform::error::{Error, Result};
use std::sync::Arc;
use tracing::warn;

/// An invoice as PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedInvoice {
    /// The document.
    pub pdf: Vec<u8>,
    /// The characters that no font has, drawn as boxes; empty if there are none.
    pub missing: String,
}

/// Draws invoices as PDF.
pub trait InvoiceRenderer: Send + Sync {
    /// Takes some milliseconds of processor time. Fails if the operator's template cannot draw this invoice.
    fn render(&self, invoice: &Invoice) -> Result<RenderedInvoice>;
}

/// Renders the invoice on a thread for blocking work, and logs the characters that no font has.
pub async fn render(renderer: Arc<dyn InvoiceRenderer>, invoice: Invoice) -> Result<RenderedInvoice> {
    let number = invoice.number.clone();
    let task = tokio::task::spawn_blocking(move || renderer.render(&invoice));
    let output = task.await.map_err(Error::internal)??;
    if !output.missing.is_empty() {
        let (number, characters) = (number.as_deref().unwrap_or("draft"), &output.missing);
        warn!(number, characters, "no font has these characters of the invoice; see invoices.fonts");
    }
    Ok(output)
}
