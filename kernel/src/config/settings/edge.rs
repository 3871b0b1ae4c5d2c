//! What callers may do, and what is called outside.

use super::{DAY, GIB, MINUTE, MOMENT, SECOND, ZERO};
use crate::config::hosts::Hosts;
use crate::config::rules::{duration, flag, list, listen_address, network, origin, path, size, url, whole};
use ipnet::IpNet;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

sections! {
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
        /// Connections of one address open at once, but for trusted proxies.
        pub max_connections_per_address: usize = whole(1..=1_000_000),
        /// How long a connection is kept without a request, and an answer whose client takes nothing of it.
        pub idle_timeout: Duration = duration(MOMENT..=60 * MINUTE),
        /// How long a request's head, or a body that is no file, may take to arrive.
        pub read_timeout: Duration = duration(MOMENT..=10 * MINUTE),
        /// How long an answer may take.
        pub request_timeout: Duration = duration(MOMENT..=60 * MINUTE),
        /// PEM file of the certificate chain; empty: no TLS.
        pub tls_certificate: PathBuf = path(),
        /// PEM file of its private key.
        pub tls_key: PathBuf = path(),
        /// Host names at whose root a contract is served.
        pub hosts: Hosts = Hosts::read_at,
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
        /// Largest text of a field, in bytes; larger ones are taken where a contract says how long a text may be.
        pub text: u64 = size(GIB),
        /// Largest `metadata` of an object, in bytes as compact JSON.
        pub metadata: u64 = size(GIB),
        /// Largest payload of an event and other object of free content, in bytes as compact JSON.
        pub payload: u64 = size(GIB),
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

    /// Calls to addresses that customers name.
    pub struct Outbound {
        /// Whether a URL may say `http`.
        pub allow_http: bool = flag(),
        /// Networks that may be called although they are not of the public internet.
        pub allowed_networks: Vec<IpNet> = list(network()),
        /// Calls of this process that are under way at once, at most.
        pub connections: usize = whole(1..=100_000),
        /// Those of them that are one organization's, at most.
        pub connections_per_organization: usize = whole(1..=100_000),
    }
}
