//! Wire objects of the contract, and conversions from and to the domain.

mod account;
mod customer;
mod envelope;
mod health;
mod id;
mod page;
mod setup_link;
mod webhook_delivery;
mod webhook_secret;
mod webhook_subscription;

pub use account::*;
pub use customer::*;
pub use envelope::*;
pub use health::*;
pub use id::{Path, subscription};
pub use page::*;
pub use setup_link::*;
pub use webhook_delivery::*;
pub use webhook_secret::*;
pub use webhook_subscription::*;
