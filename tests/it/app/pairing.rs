//! The two supported pairings of database and transport.

use super::schema;
use anyhow::Result;
use platform::config::{Settings, Sources, load};

/// What a platform runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairing {
    /// SQLite and the in-process transport.
    Embedded,
    /// PostgreSQL and Redis.
    Scaled,
}

impl Pairing {
    /// Settings with a fresh database with today's schema and an unused key prefix.
    pub fn settings(self) -> Result<Settings> {
        Ok(load(Sources { environment: self.environment()?, ..Sources::default() })?.settings)
    }

    /// The environment that says so: a fresh database with today's schema and an unused key prefix, or nothing.
    pub fn environment(self) -> Result<Vec<(String, String)>> {
        if self == Self::Embedded { Ok(vec![]) } else { servers() }
    }
}

/// What processes that share a database seal with.
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

/// Makes of each `async fn name(pairing) -> Result<()>` two tests, one a pairing.
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
