//! Real servers and processes for the integration tests and the benchmark.
//!
//! Everything listens on a free port of the loopback interface, is ready when the function that
//! starts it returns, and dies with the test process, however that one dies (see `watchdog.rs`).
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use std::time::Duration;
//! use harness::{Process, shared};
//!
//! let servers = shared();
//! let worker = Process::builder("target/debug/switchyard")
//!     .args(["work"])
//!     .env("DATABASE_URL", servers.postgres.create_database()?)
//!     .env("REDIS_URL", servers.redis.url())
//!     .start()?;
//! worker.wait_for_line("ready", Duration::from_secs(10)).await?;
//! # Ok(())
//! # }
//! ```

pub mod cache;
mod certificates;
mod cluster;
pub mod node;
mod postgres;
mod process;
mod programs;
pub mod python;
mod radius;
mod redis;
mod sentinels;
mod wait;
mod watchdog;

use std::sync::OnceLock;

pub use certificates::{Authority, Certificate};
pub use cluster::Cluster;
pub use postgres::Postgres;
pub use process::{Process, ProcessBuilder};
pub use programs::faketime;
pub use radius::{RadiusAnswer, RadiusServer};
pub use redis::RedisServer;
pub use sentinels::Sentinels;
pub use wait::{free_port, until};

/// The servers that the tests of a process share.
///
/// A test that kills or restarts a server starts its own instead.
#[derive(Debug)]
pub struct Shared {
    /// One server, with a database per test: [`Postgres::create_database`].
    pub postgres: Postgres,
    /// One server, with a queue prefix per test.
    pub redis: RedisServer,
}

/// Returns the shared servers; the first call starts them.
///
/// # Panics
/// If they do not start: no test can continue without them, and skipping the tests would hide it.
pub fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| start_shared().unwrap_or_else(|error| panic!("shared servers: {error:#}")))
}

fn start_shared() -> anyhow::Result<Shared> {
    Ok(Shared { postgres: Postgres::start()?, redis: RedisServer::start()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_servers_are_started_once() {
        assert!(std::ptr::eq(shared(), shared()));
        let url = shared().postgres.create_database().expect("a database");
        assert!(url.starts_with("postgres://"), "{url}");
        assert!(shared().redis.info_memory().expect("memory") > 0);
    }
}
