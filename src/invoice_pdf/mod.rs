//! Invoices as PDF, or a build without them: the feature `invoice-pdf`.

#[cfg(not(feature = "invoice-pdf"))]
mod absent;
#[cfg(feature = "invoice-pdf")]
mod present;

#[cfg(not(feature = "invoice-pdf"))]
pub use absent::{renderer, sample, scripts};
#[cfg(feature = "invoice-pdf")]
pub use present::{renderer, sample, scripts};

/// The scripts that invoices can be printed in.
pub struct Scripts {
    /// Those with a font.
    pub printed: Vec<&'static str>,
    /// Those without, whose characters would be boxes.
    pub missing: Vec<&'static str>,
}
