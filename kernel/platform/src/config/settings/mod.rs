//! The settings: type, meaning and rule of each.
//!
//! Defaults, and what operators need to know, are in `switchyard.toml`.

use super::{layers::Layers, rules::folder};
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
            /// Reads every field, so that all faults are reported.
            pub(in crate::config) fn read_at(layers: &mut $crate::config::layers::Layers, path: &str) -> Option<Self> {
                $(let $field = $crate::config::rules::Field::<$type>::read(&$rule, layers, &$crate::config::settings::join(path, stringify!($field)));)*
                Some(Self { $($field: $field?,)* })
            }
        }

        /// Without values: some are secret, and `switchyard doctor` shows the others.
        impl std::fmt::Debug for $section {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.debug_struct(stringify!($section)).finish_non_exhaustive()
            }
        }
    )*};
}

mod domain;
mod edge;
mod hosts;
mod jobs;
mod kinds;
mod plans;
mod platform;

pub use domain::*;
pub use edge::*;
pub use hosts::Hosts;
pub use jobs::*;
pub use kinds::Jobs;
pub use plans::Plans;
pub use platform::*;

sections! {
    /// Every setting.
    pub struct Settings {
        /// Folder of the embedded mode: the `SQLite` database, the spool of uploads, the outbox.
        pub data: PathBuf = folder(),
        /// The database.
        pub database: Database = Database::read_at,
        /// The transport between processes.
        pub redis: Redis = Redis::read_at,
        /// The API.
        pub http: Http = Http::read_at,
        /// Rate limits.
        pub limits: Limits = Limits::read_at,
        /// Rate limit plans.
        pub plans: Plans = Plans::read_at,
        /// Idempotency keys.
        pub idempotency: Idempotency = Idempotency::read_at,
        /// Access tokens.
        pub tokens: Tokens = Tokens::read_at,
        /// Encryption of secrets in the database.
        pub secrets: Secrets = Secrets::read_at,
        /// E-mail.
        pub mail: Mail = Mail::read_at,
        /// Metrics.
        pub metrics: Metrics = Metrics::read_at,
        /// Traces.
        pub traces: Traces = Traces::read_at,
        /// Logging.
        pub log: Log = Log::read_at,
        /// Running jobs.
        pub worker: Worker = Worker::read_at,
        /// The reconciler.
        pub reconciler: Reconciler = Reconciler::read_at,
        /// Retention.
        pub retention: Retention = Retention::read_at,
        /// Bulk operations.
        pub bulk: Bulk = Bulk::read_at,
        /// Calls to URLs given by customers.
        pub outbound: Outbound = Outbound::read_at,
        /// Webhook deliveries.
        pub webhooks: Webhooks = Webhooks::read_at,
        /// Orders to vendors.
        pub vendors: Vendors = Vendors::read_at,
        /// Messaging.
        pub messaging: Messaging = Messaging::read_at,
        /// Billing of past months.
        pub invoices: Invoices = Invoices::read_at,
        /// The sandbox organization.
        pub sandbox: Sandbox = Sandbox::read_at,
        /// Provisioners.
        pub provisioners: Provisioners = Provisioners::read_at,
        /// Settings per job kind.
        pub jobs: Jobs = Jobs::read_at,
    }
}

impl Settings {
    /// Reads all settings from the layers.
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        Self::read_at(layers, "")
    }
}

/// Only the defaults, for tests.
impl Default for Settings {
    fn default() -> Self {
        Self::read(&mut Layers::defaults()).expect("a test loads the compiled-in defaults")
    }
}

/// The path of a name within a section.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
