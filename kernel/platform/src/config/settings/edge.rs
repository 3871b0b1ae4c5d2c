//! Settings of the API and outgoing calls.

use super::{DAY, GIB, Hosts, MINUTE, MOMENT, SECOND, ZERO};
use crate::config::rules::{duration, flag, list, listen_address, network, origin, path, size, url, whole};
use ipnet::IpNet;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

sections! {
    /// The API.
    pub struct Http {
        /// Where to listen; port 0 lets the system choose.
        pub listen: SocketAddr = listen_address(),
        /// Base URL for links in responses; empty: taken from the request.
        pub public_url: String = url(&["http://", "https://"]),
        /// Largest request body in bytes, except uploads.
        pub body_limit: u64 = size(GIB),
        /// Largest uploaded file in bytes.
        pub upload_limit: u64 = size(1024 * GIB),
        /// Maximum number of rows of an uploaded file.
        pub upload_rows: usize = whole(1..=1_000_000_000),
        /// Upper bound of `Prefer: wait`.
        pub max_wait: Duration = duration(ZERO..=10 * MINUTE),
        /// How long an API key is cached.
        pub key_cache: Duration = duration(ZERO..=5 * SECOND),
        /// How long a stopping process waits for open requests.
        pub drain: Duration = duration(ZERO..=10 * MINUTE),
        /// Proxies whose `X-Forwarded-For` is trusted.
        pub trusted_proxies: Vec<IpNet> = list(network()),
        /// Origins whose pages may call the API; `*` is any.
        pub cors_origins: Vec<String> = list(origin()),
        /// Maximum number of open connections.
        pub max_connections: usize = whole(1..=1_000_000),
        /// Maximum number of open connections per address, except trusted proxies.
        pub max_connections_per_address: usize = whole(1..=1_000_000),
        /// Timeout of a connection without a request, and of a response that the client does not read.
        pub idle_timeout: Duration = duration(MOMENT..=60 * MINUTE),
        /// Timeout for receiving the head of a request, and a body that is not a file.
        pub read_timeout: Duration = duration(MOMENT..=10 * MINUTE),
        /// Timeout of a response.
        pub request_timeout: Duration = duration(MOMENT..=60 * MINUTE),
        /// PEM file of the certificate chain; empty: no TLS.
        pub tls_certificate: PathBuf = path(),
        /// PEM file of its private key.
        pub tls_key: PathBuf = path(),
        /// Host names that serve a contract at the root.
        pub hosts: Hosts = Hosts::read_at,
    }

    /// Rate limits.
    pub struct Limits {
        /// Maximum number of concurrent requests per key and process.
        pub in_flight: usize = whole(1..=1_000_000),
        /// Timeout of counting in Redis.
        pub patience: Duration = duration(MOMENT..=10 * SECOND),
        /// Requests per minute from one address without valid credentials.
        pub anonymous_minute: usize = whole(1..=1_000_000_000),
        /// Requests per day from one address without valid credentials.
        pub anonymous_day: usize = whole(1..=1_000_000_000),
        /// Maximum size of a text field in bytes, unless the contract defines one.
        pub text: u64 = size(GIB),
        /// Largest `metadata` of an object, in bytes as compact JSON.
        pub metadata: u64 = size(GIB),
        /// Largest payload of an event and other object of free content, in bytes as compact JSON.
        pub payload: u64 = size(GIB),
    }

    /// Requests per key of a plan.
    pub struct Plan {
        /// Per minute.
        pub minute: usize = whole(1..=1_000_000_000),
        /// Per day.
        pub day: usize = whole(1..=1_000_000_000),
    }

    /// Idempotency keys.
    pub struct Idempotency {
        /// How long a response is stored.
        pub keep: Duration = duration(MOMENT..=30 * DAY),
    }

    /// Access tokens.
    pub struct Tokens {
        /// How long a token is valid.
        pub lifetime: Duration = duration(SECOND..=DAY),
    }

    /// Calls to URLs given by customers.
    pub struct Outbound {
        /// Whether http:// is allowed.
        pub allow_http: bool = flag(),
        /// Private networks that may be called.
        pub allowed_networks: Vec<IpNet> = list(network()),
        /// Maximum number of concurrent calls of this process.
        pub connections: usize = whole(1..=100_000),
        /// Maximum number of concurrent calls per organization.
        pub connections_per_organization: usize = whole(1..=100_000),
    }
}
