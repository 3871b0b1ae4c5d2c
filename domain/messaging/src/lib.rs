//! The domain of the messaging contract: customers for whom an organization sends WhatsApp messages, the links by which
//! they connect their accounts, and these accounts. One module per noun; it uses nothing of another domain.

pub mod accounts;
mod archive;
pub mod customers;
mod events;
pub mod links;

pub use archive::archive;
