//! Wire objects of the contract, and conversions from and to the domain.

mod account;
mod customer;
mod envelope;
mod health;
mod id;
mod page;
mod setup_link;

pub use account::*;
pub use customer::*;
pub use envelope::*;
pub use health::*;
pub use id::Path;
pub use page::*;
pub use setup_link::*;
