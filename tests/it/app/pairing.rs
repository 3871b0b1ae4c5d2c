//! The two supported pairings of database and transport.

use super::schema;
use anyhow::Result;
use platform::config::{Settings, Sources, load};

/// A pairing of database and transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairing {
    /// SQLite and the in-process transport.
    Embedded,
    /// PostgreSQL and Redis.
    Scaled,
}

impl Pairing {
    /// Settings with a new database in the current schema and an unused key prefix.
    pub fn settings(self) -> Result<Settings> {
        Ok(load(Sources { environment: self.environment()?, ..Sources::default() })?.settings)
    }

    /// The environment for a new database in the current schema and an unused key prefix; empty if embedded.
    pub fn environment(self) -> Result<Vec<(String, String)>> {
        if self == Self::Embedded { Ok(vec![]) } else { servers() }
    }
}

/// The secrets key of processes that share a database.
pub const KEY: &str = "5555555555555555555555555555555555555555555555555555555555555555";

fn servers() -> Result<Vec<(String, String)>> {
    let servers = harness::shared();
    let prefix = format!("t{}", uuid::Uuid::now_v7().simple());
    let variables = [
        ("DATABASE_URL", schema::database(&servers.postgres)?),
        ("REDIS_URL", servers.redis.url()),
        ("SWITCHYARD_REDIS_PREFIX", prefix),
        ("SWITCHYARD_SECRETS_KEY", KEY.to_owned()),
    ];
    Ok(variables.map(|(name, value)| (name.to_owned(), value)).to_vec())
}

/// Defines two tests for each `async fn name(pairing) -> Result<()>`: one per pairing.
macro_rules! both {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use super::$name as test;
            use crate::app::Pairing;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn embedded() -> anyhow::Result<()> {
                test(Pairing::Embedded).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn scaled() -> anyhow::Result<()> {
                test(Pairing::Scaled).await
            }
        }
    )+};
}

pub(crate) use both;
