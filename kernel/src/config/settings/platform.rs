//! What the platform stands on, and what it tells of itself.

use super::{MINUTE, MOMENT};
use crate::config::rules::{
    Field, database_url, duration, key_prefix, mail_server, mailbox, one_of, optional_address, path,
    redis_url, secret_key, secret_text, text, url, whole,
};
use lettre::message::Mailbox;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

sections! {
    /// The ledger and everything else that is kept.
    pub struct Database {
        /// Empty: `SQLite` in the data folder.
        pub url: String = database_url(),
        /// Connections of this process at most.
        pub max_connections: usize = whole(2..=500),
        /// How long to wait for a free connection.
        pub acquire_timeout: Duration = duration(MOMENT..=10 * MINUTE),
    }

    /// The transport between processes.
    pub struct Redis {
        /// Empty: the in-process transport.
        pub url: String = redis_url(),
        /// What sentinels ask for; empty: nothing.
        pub sentinel_password: String = secret_text(),
        /// PEM file of the authorities that servers are vouched for by; empty: those of the system.
        pub tls_ca: PathBuf = path(),
        /// PEM file of this process's certificate chain; empty: none.
        pub tls_certificate: PathBuf = path(),
        /// PEM file of its private key.
        pub tls_key: PathBuf = path(),
        /// Begins every key.
        pub prefix: String = key_prefix(),
        /// How long one command may take.
        pub response_timeout: Duration = duration(MOMENT..=10 * MINUTE),
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
