//! Settings of infrastructure and monitoring.

use super::{MINUTE, MOMENT};
use crate::config::rules::{
    Field, database_url, duration, key_prefix, mail_server, mailbox, one_of, optional_address, path,
    redis_url, secret_key, secret_text, text, url, whole,
};
use lettre::message::Mailbox;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

sections! {
    /// The database.
    pub struct Database {
        /// Empty: `SQLite` in the data folder.
        pub url: String = database_url(),
        /// Maximum number of connections of this process.
        pub max_connections: usize = whole(2..=500),
        /// How long to wait for a free connection.
        pub acquire_timeout: Duration = duration(MOMENT..=10 * MINUTE),
    }

    /// The transport between processes.
    pub struct Redis {
        /// Empty: the in-process transport.
        pub url: String = redis_url(),
        /// The password of the sentinels; empty: none.
        pub sentinel_password: String = secret_text(),
        /// PEM file of the CA certificates; empty: the system's.
        pub tls_ca: PathBuf = path(),
        /// PEM file of this process's certificate chain; empty: none.
        pub tls_certificate: PathBuf = path(),
        /// PEM file of its private key.
        pub tls_key: PathBuf = path(),
        /// The prefix of every key.
        pub prefix: String = key_prefix(),
        /// Timeout of a command.
        pub response_timeout: Duration = duration(MOMENT..=10 * MINUTE),
    }

    /// Encryption of secrets in the database.
    pub struct Secrets {
        /// 64 hexadecimal digits; empty: a file in the data folder.
        pub key: String = secret_key(),
    }

    /// E-mail.
    pub struct Mail {
        /// The mail server; empty: mail is written to the outbox.
        pub url: String = mail_server(),
        /// The sender.
        pub from: Mailbox = mailbox(),
    }

    /// Metrics.
    pub struct Metrics {
        /// A separate address; `None`: the API's listener serves them.
        pub listen: Option<SocketAddr> = optional_address(),
    }

    /// Traces.
    pub struct Traces {
        /// Base URL of an OTLP collector; empty: none.
        pub endpoint: String = url(&["http://", "https://"]),
        /// Percentage of traced requests.
        pub sample_percent: usize = whole(0..=100),
    }

    /// Logging.
    pub struct Log {
        /// Directives of an env-filter.
        pub level: String = text("a level such as info, or directives such as info,kernel=debug"),
        /// The format.
        pub format: LogFormat = log_format(),
    }
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text.
    Text,
    /// One JSON object per line.
    Json,
}

fn log_format() -> impl Field<LogFormat> {
    let words = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    one_of(words.map(|(name, format)| (name.to_owned(), format)).into())
}
