//! The settings: for each its type, what it means in the code, and the rule it has to meet.
//!
//! Defaults, and what operators need to know, are in `switchyard.toml`.

use super::{kinds::Jobs, layers::Layers, plans::Plans, rules::folder};
use std::{path::PathBuf, time::Duration};

const GIB: u64 = 1 << 30;
const DAY: Duration = Duration::from_hours(24);
const YEAR: Duration = Duration::from_hours(24 * 365);
const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(1);
const ZERO: Duration = Duration::ZERO;

/// Declares sections: structs whose fields each name a rule, or another section's `read_at`.
macro_rules! sections {
    ($(
        $(#[doc = $about:literal])*
        pub struct $section:ident {
            $($(#[doc = $meaning:literal])* pub $field:ident: $type:ty = $rule:expr,)*
        }
    )*) => {$(
        $(#[doc = $about])*
        #[derive(Clone, PartialEq)]
        pub struct $section {
            $($(#[doc = $meaning])* pub $field: $type,)*
        }

        impl $section {
            /// Reads every field before it gives up, so that all faults are noted.
            pub(in crate::config) fn read_at(layers: &mut $crate::config::layers::Layers, path: &str) -> Option<Self> {
                $(let $field = $crate::config::rules::Field::<$type>::read(&$rule, layers, &$crate::config::settings::join(path, stringify!($field)));)*
                Some(Self { $($field: $field?,)* })
            }
        }

        /// Without values: some are secret, and the others are shown by `switchyard doctor`.
        impl std::fmt::Debug for $section {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.debug_struct(stringify!($section)).finish_non_exhaustive()
            }
        }
    )*};
}

mod domain;
mod edge;
mod jobs;
mod platform;

pub use domain::*;
pub use edge::*;
pub use jobs::*;
pub use platform::*;

sections! {
    /// Every setting.
    pub struct Settings {
        /// Folder of the embedded mode: the `SQLite` database, the spool of uploads, the outbox.
        pub data: PathBuf = folder(),
        /// The ledger and everything else that is kept.
        pub database: Database = Database::read_at,
        /// The transport between processes.
        pub redis: Redis = Redis::read_at,
        /// The API.
        pub http: Http = Http::read_at,
        /// What a caller may ask at most.
        pub limits: Limits = Limits::read_at,
        /// How many requests a key may make.
        pub plans: Plans = Plans::read_at,
        /// Requests sent again.
        pub idempotency: Idempotency = Idempotency::read_at,
        /// Access tokens.
        pub tokens: Tokens = Tokens::read_at,
        /// What is kept secret in the database.
        pub secrets: Secrets = Secrets::read_at,
        /// E-mail.
        pub mail: Mail = Mail::read_at,
        /// What a monitoring system asks for.
        pub metrics: Metrics = Metrics::read_at,
        /// Where traces go.
        pub traces: Traces = Traces::read_at,
        /// Logging.
        pub log: Log = Log::read_at,
        /// Running jobs.
        pub worker: Worker = Worker::read_at,
        /// Bringing jobs back to the queue that it has lost.
        pub reconciler: Reconciler = Reconciler::read_at,
        /// Removing finished jobs.
        pub retention: Retention = Retention::read_at,
        /// Bulk operations.
        pub bulk: Bulk = Bulk::read_at,
        /// Calls to addresses that customers name.
        pub outbound: Outbound = Outbound::read_at,
        /// Deliveries of events.
        pub webhooks: Webhooks = Webhooks::read_at,
        /// Orders that vendors fulfil.
        pub vendors: Vendors = Vendors::read_at,
        /// Billing of months that are over.
        pub invoices: Invoices = Invoices::read_at,
        /// The organization to try things with.
        pub sandbox: Sandbox = Sandbox::read_at,
        /// What makes services work in networks.
        pub provisioners: Provisioners = Provisioners::read_at,
        /// What differs from kind to kind.
        pub jobs: Jobs = Jobs::read_at,
    }
}

impl Settings {
    /// Reads all settings from the layers.
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        Self::read_at(layers, "")
    }
}

/// The defaults alone; a place for tests to start from.
impl Default for Settings {
    fn default() -> Self {
        Self::read(&mut Layers::defaults()).expect("a test loads the compiled-in defaults")
    }
}

/// The path of a name within a section.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
