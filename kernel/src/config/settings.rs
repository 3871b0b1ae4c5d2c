//! The settings: for each its type, what it means in the code, and the rule it has to meet.
//!
//! Defaults, and what operators need to know, are in `switchyard.toml`.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::kinds::{Jobs, kinds};
use super::layers::Layers;
use super::plans::Plans;
use super::rules::{
    Field, duration, flag, folder, key_prefix, list, listen_address, mail_server, mailbox, network, one_of,
    optional_address, origin, path, secret_key, secret_text, secret_url, size, text, url, whole,
};
use ipnet::IpNet;
use lettre::message::Mailbox;

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
            pub(super) fn read_at(layers: &mut Layers, path: &str) -> Option<Self> {
                $(let $field = Field::<$type>::read(&$rule, layers, &join(path, stringify!($field)));)*
                Some(Self { $($field: $field?,)* })
            }
        }

        /// Without values: some are secret, and the others are shown by `switchyard doctor`.
        impl fmt::Debug for $section {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.debug_struct(stringify!($section)).finish_non_exhaustive()
            }
        }
    )*};
}

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

    /// The ledger and everything else that is kept.
    pub struct Database {
        /// Empty: `SQLite` in the data folder.
        pub url: String = secret_url(&["postgres://", "postgresql://", "sqlite://"]),
        /// Connections of this process at most.
        pub max_connections: usize = whole(2..=500),
        /// How long to wait for a free connection.
        pub acquire_timeout: Duration = duration(MOMENT..=10 * MINUTE),
    }

    /// The transport between processes.
    pub struct Redis {
        /// Empty: the in-process transport.
        pub url: String = secret_url(&["redis://", "unix://"]),
        /// Begins every key.
        pub prefix: String = key_prefix(),
        /// How long one command may take.
        pub response_timeout: Duration = duration(MOMENT..=10 * MINUTE),
    }

    /// The API.
    pub struct Http {
        /// Where to listen; port 0 lets the system choose.
        pub listen: SocketAddr = listen_address(),
        /// Address for links in answers; empty: taken from the request.
        pub public_url: String = url(&["http://", "https://"]),
        /// Largest request body in bytes, except uploads.
        pub body_limit: u64 = size(GIB),
        /// Largest uploaded file in bytes.
        pub upload_limit: u64 = size(1024 * GIB),
        /// Most rows of an uploaded file.
        pub upload_rows: usize = whole(1..=1_000_000_000),
        /// Upper bound of `Prefer: wait`.
        pub max_wait: Duration = duration(ZERO..=10 * MINUTE),
        /// How long a looked-up API key is trusted.
        pub key_cache: Duration = duration(ZERO..=5 * SECOND),
        /// How long open requests may go on when the process stops.
        pub drain: Duration = duration(ZERO..=10 * MINUTE),
        /// Proxies whose `X-Forwarded-For` is believed.
        pub trusted_proxies: Vec<IpNet> = list(network()),
        /// Origins whose pages may call the API; `*` is any.
        pub cors_origins: Vec<String> = list(origin()),
        /// Connections open at once.
        pub max_connections: usize = whole(1..=1_000_000),
        /// How long a request's head, or a body that is no file, may take to arrive.
        pub read_timeout: Duration = duration(MOMENT..=10 * MINUTE),
        /// How long an answer may take.
        pub request_timeout: Duration = duration(MOMENT..=60 * MINUTE),
        /// PEM file of the certificate chain; empty: no TLS.
        pub tls_certificate: PathBuf = path(),
        /// PEM file of its private key.
        pub tls_key: PathBuf = path(),
    }

    /// What a caller may ask at most.
    pub struct Limits {
        /// Requests of one key that one process works on at once.
        pub in_flight: usize = whole(1..=1_000_000),
        /// How long Redis may take to count a request.
        pub patience: Duration = duration(MOMENT..=10 * SECOND),
        /// Requests in a minute of one address without a valid credential.
        pub anonymous_minute: usize = whole(1..=1_000_000_000),
        /// Requests in a day of one address without a valid credential.
        pub anonymous_day: usize = whole(1..=1_000_000_000),
    }

    /// How many requests a key of this plan may make.
    pub struct Plan {
        /// In a minute.
        pub minute: usize = whole(1..=1_000_000_000),
        /// In a day.
        pub day: usize = whole(1..=1_000_000_000),
    }

    /// Requests sent again.
    pub struct Idempotency {
        /// How long an answer is kept.
        pub keep: Duration = duration(MOMENT..=30 * DAY),
    }

    /// Access tokens.
    pub struct Tokens {
        /// How long a token is valid.
        pub lifetime: Duration = duration(SECOND..=DAY),
    }

    /// What is kept secret in the database.
    pub struct Secrets {
        /// 64 hexadecimal digits; empty: a file in the data folder.
        pub key: String = secret_key(),
    }

    /// E-mail.
    pub struct Mail {
        /// The server that takes it; empty: it is written to the outbox.
        pub url: String = mail_server(),
        /// From whom it comes.
        pub from: Mailbox = mailbox(),
    }

    /// What a monitoring system asks for.
    pub struct Metrics {
        /// Where to listen for it alone; none: the API's listener answers.
        pub listen: Option<SocketAddr> = optional_address(),
    }

    /// Where traces go.
    pub struct Traces {
        /// Base address of an OTLP collector; empty: nowhere.
        pub endpoint: String = url(&["http://", "https://"]),
        /// Of a hundred requests, how many are traced.
        pub sample_percent: usize = whole(0..=100),
    }

    /// Logging.
    pub struct Log {
        /// Directives of an env-filter.
        pub level: String = text("a level such as info, or directives such as info,kernel=debug"),
        /// How a line looks.
        pub format: LogFormat = log_format(),
    }

    /// Running jobs.
    pub struct Worker {
        /// The kinds this process runs; empty: all.
        pub kinds: Vec<String> = kinds,
        /// How long a job belongs to a worker that has stopped renewing it.
        pub lease: Duration = duration(SECOND..=10 * MINUTE),
        /// How long running jobs may go on when the process stops.
        pub drain: Duration = duration(ZERO..=60 * MINUTE),
        /// How often an idle queue is looked at when no wake-up came.
        pub poll: Duration = duration(MOMENT..=60 * MINUTE),
        /// A job whose lease expired this often is quarantined.
        pub lost_leases: usize = whole(1..=100),
        /// How long a cancelled handler may go on before it is stopped.
        pub cancel_grace: Duration = duration(ZERO..=10 * MINUTE),
    }

    /// Bringing jobs back to the queue that it has lost.
    pub struct Reconciler {
        /// How often the ledger is compared with the queue.
        pub interval: Duration = duration(MOMENT..=DAY),
        /// A job younger than this is left alone.
        pub grace: Duration = duration(ZERO..=DAY),
        /// How often all open jobs are compared.
        pub full_every: Duration = duration(MOMENT..=DAY),
    }

    /// Removing finished jobs.
    pub struct Retention {
        /// How long succeeded and cancelled jobs are kept.
        pub finished: Duration = duration(ZERO..=10 * YEAR),
        /// How long failed and quarantined jobs are kept.
        pub failed: Duration = duration(ZERO..=10 * YEAR),
        /// How long attempts to deliver events are kept.
        pub deliveries: Duration = duration(ZERO..=10 * YEAR),
        /// How long events are kept.
        pub events: Duration = duration(DAY..=100 * YEAR),
        /// How often expired rows are removed.
        pub interval: Duration = duration(MOMENT..=DAY),
        /// Rows removed in one statement.
        pub batch: usize = whole(1..=100_000),
    }

    /// Bulk operations.
    pub struct Bulk {
        /// How long the result and the row errors can be fetched.
        pub expires: Duration = duration(MOMENT..=YEAR),
        /// Rows of an uploaded file handed to one job.
        pub rows_per_chunk: usize = whole(1..=10_000),
        /// Rows a JSON bulk job commits at once.
        pub rows_per_step: usize = whole(1..=100),
    }

    /// Calls to addresses that customers name.
    pub struct Outbound {
        /// Whether a URL may say `http`.
        pub allow_http: bool = flag(),
        /// Networks that may be called although they are not of the public internet.
        pub allowed_networks: Vec<IpNet> = list(network()),
    }

    /// Deliveries of events.
    pub struct Webhooks {
        /// Endpoints of one organization at most.
        pub endpoints: usize = whole(1..=10_000),
        /// How long one delivery may take, with its answer.
        pub timeout: Duration = duration(MOMENT..=5 * MINUTE),
        /// The pause before each attempt; as many attempts as pauses.
        pub schedule: Vec<Duration> = list(duration(ZERO..=30 * DAY)),
        /// Deliveries to an endpoint that are under way at once.
        pub concurrency: usize = whole(1..=1000),
        /// Failures in a row after which the breaker opens.
        pub breaker_failures: usize = whole(1..=10_000),
        /// For how long it opens at first; each further time in a row for twice as long.
        pub breaker_pause: Duration = duration(MOMENT..=DAY),
        /// For how long it opens at most.
        pub breaker_longest: Duration = duration(MOMENT..=DAY),
        /// After so long with nothing but failures an endpoint is disabled.
        pub disable_after: Duration = duration(MOMENT..=YEAR),
        /// Deliveries a second in the first ten seconds of a resume; each further ten seconds twice as many.
        pub resume_rate: usize = whole(1..=1_000_000),
        /// How long whoever has sent all that was due waits for more.
        pub linger: Duration = duration(ZERO..=MINUTE),
    }

    /// Orders that vendors fulfil.
    pub struct Vendors {
        /// How long a vendor is waited for.
        pub deadline: Duration = duration(SECOND..=YEAR),
    }

    /// The organization to try things with.
    pub struct Sandbox {
        /// Whether the first start of an embedded platform makes it.
        pub seed: bool = flag(),
    }

    /// Billing of months that are over.
    pub struct Invoices {
        /// Whether runs begin by the calendar.
        pub enabled: bool = flag(),
        /// On which day of the month after it a month is billed.
        pub day: usize = whole(1..=28),
        /// From which hour of that day on, by the organization's clocks.
        pub hour: usize = whole(0..=23),
        /// Days from an invoice's date to the one on which it is due.
        pub due_days: usize = whole(0..=365),
        /// Customers whose invoices are made in one transaction.
        pub batch: usize = whole(1..=5000),
        /// Whether invoices are mailed.
        pub mail: bool = flag(),
        /// What they are drawn by; empty: the template that is compiled in.
        pub template: PathBuf = path(),
    }

    /// What makes services work in networks.
    pub struct Provisioners {
        /// The network that is none.
        pub simulator: Simulator = Simulator::read_at,
        /// FreeRADIUS.
        pub radius: Radius = Radius::read_at,
    }

    /// The network that is none.
    pub struct Simulator {
        /// How long a change takes.
        pub delay: Duration = duration(ZERO..=10 * MINUTE),
        /// Of the changes to a service, how many fail first.
        pub failures: usize = whole(0..=1_000_000),
        /// Acknowledges changes and makes none.
        pub lies: bool = flag(),
        /// Where it stands still.
        pub stops: Stop = stop(),
    }

    /// FreeRADIUS, and the network access servers (NAS) that ask it.
    pub struct Radius {
        /// Its database, of its own schema; empty: there is none.
        pub url: String = secret_url(&["postgres://", "postgresql://", "sqlite://"]),
        /// Where a NAS takes requests about its sessions.
        pub port: usize = whole(1..=65_535),
        /// What is shared with a NAS that the table `nas` does not have.
        pub secret: String = secret_text(),
        /// How long one request to a NAS waits for its answer; the database gets as long as all tries together.
        pub timeout: Duration = duration(MOMENT..=MINUTE),
        /// How often a request is sent before the NAS counts as away.
        pub tries: usize = whole(1..=100),
        /// How often what its accounting tells is added to what customers used.
        pub accounting: Duration = duration(MOMENT..=DAY),
    }

    /// What differs from kind to kind.
    pub struct KindSettings {
        /// Jobs of the kind that one worker process runs at once.
        pub concurrency: usize = whole(1..=10_000),
        /// How long one attempt may take.
        pub timeout: Duration = duration(MOMENT..=7 * DAY),
        /// The pause before each retry; as many retries as pauses.
        pub retry: Vec<Duration> = list(duration(ZERO..=30 * DAY)),
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

/// Where the simulator stands still, so that a test can kill its process there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Nowhere.
    Nowhere,
    /// Before a service is made as it is to be.
    Before,
    /// When it is, and that is not acknowledged yet.
    After,
    /// Before it is read back.
    Read,
    /// Before a service is removed.
    Removing,
    /// When it is, and that is not acknowledged yet.
    Removed,
}

fn stop() -> impl Field<Stop> {
    let words = [
        ("nowhere", Stop::Nowhere),
        ("before", Stop::Before),
        ("after", Stop::After),
        ("read", Stop::Read),
        ("removing", Stop::Removing),
        ("removed", Stop::Removed),
    ];
    one_of(words.map(|(name, stop)| (name.to_owned(), stop)).into())
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line, for programs.
    Json,
}

fn log_format() -> impl Field<LogFormat> {
    let words = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    one_of(words.map(|(name, format)| (name.to_owned(), format)).into())
}

/// The path of a name within a section.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
