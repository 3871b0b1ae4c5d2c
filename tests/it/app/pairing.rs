//! The two pairings of ledger and transport that the product is made for.

use anyhow::Result;
use kernel::config::{Settings, Sources, load};
use std::path::Path;

/// What a platform runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairing {
    /// SQLite and the in-process transport.
    Embedded,
    /// PostgreSQL and Redis.
    Scaled,
}

impl Pairing {
    /// The addresses of a fresh database and an unused key prefix, as environment variables.
    pub fn environment(self, folder: &Path) -> Result<Vec<(String, String)>> {
        let data = ("SWITCHYARD_DATA".to_owned(), folder.display().to_string());
        if self == Self::Embedded {
            return Ok(vec![data]);
        }
        let servers = harness::shared();
        let prefix = format!("t{}", uuid::Uuid::now_v7().simple());
        Ok(vec![
            data,
            ("DATABASE_URL".into(), servers.postgres.create_database()?),
            ("REDIS_URL".into(), servers.redis.url()),
            ("SWITCHYARD_REDIS_PREFIX".into(), prefix),
        ])
    }

    /// The same as settings.
    pub fn settings(self, folder: &Path) -> Result<Settings> {
        let environment = self.environment(folder)?;
        Ok(load(Sources { environment, ..Sources::default() })?.settings)
    }
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
