//! The base of all other crates: settings, errors, the database, Redis, outgoing calls, e-mail, metrics. It depends on no
//! job, event or domain.

pub mod batcher;
pub mod bulk;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
mod field_update;
pub mod files;
pub mod hex;
pub mod import_file;
pub mod json;
pub mod mail;
pub mod mail_address;
pub mod metrics;
pub mod open_files;
pub mod outbound;
pub mod paging;
pub mod redis_servers;
pub mod redis_url;
pub mod retry;
pub mod tls;
pub mod trace;
pub mod vault;
pub mod zone;

pub use clock::Clock;
pub use db::Db;
pub use error::{Error, Result};
pub use field_update::FieldUpdate;
