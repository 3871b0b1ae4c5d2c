//! Liveness and readiness, for process managers and load balancers. Without credentials, and without confidential data.

use super::{cached_check::CachedCheck, json_answer};
use crate::outage_watch::OutageWatch;
use kernel::Kernel;
use platform::{
    Result,
    vault::{self, Unconfirmed},
};
use poem::{
    Endpoint, IntoResponse, Request, Response,
    endpoint::make_sync,
    http::{StatusCode, header},
};
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The timeout of a check.
const PATIENCE: Duration = Duration::from_secs(2);
/// The `Retry-After`, in seconds.
const LOOK_AGAIN: &str = "2";

/// Whether it is a health path.
pub fn is_health(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

/// 200 while the process responds at all.
pub fn alive() -> impl Endpoint<Output = Response> {
    make_sync(|_| json_answer(StatusCode::OK, &json!({ "status": "alive" })))
}

/// 200 while the process can serve requests: the database, its schema and Redis are available, the vault's key matches
/// the database, and it is not stopping. Otherwise 503; both list the checks. Results are shared for a second.
pub struct Readiness {
    kernel: Kernel,
    stopping: CancellationToken,
    servers: CachedCheck<Servers>,
    outage: OutageWatch,
}

/// The result of a check in a few words.
type Part = Result<&'static str, String>;

/// The checks of database and Redis.
#[derive(Clone)]
struct Servers {
    database: Part,
    migrations: Part,
    redis: Part,
    /// `None` if there is nothing to report about the vault's key.
    vault: Option<Part>,
}

impl Readiness {
    /// For a process that accepts no more requests once `stopping` is cancelled.
    pub fn new(kernel: Kernel, stopping: CancellationToken) -> Self {
        let outage = OutageWatch::start(kernel.db.clone(), stopping.clone());
        Self { kernel, stopping, servers: CachedCheck::default(), outage }
    }

    async fn servers(&self) -> Servers {
        let (database, migrations, redis, vault) =
            tokio::join!(self.database(), self.migrations(), self.redis(), self.vault());
        Servers { database, migrations, redis, vault }
    }

    fn process(&self) -> Part {
        if self.stopping.is_cancelled() { Err("stopping".into()) } else { Ok("ok") }
    }

    async fn database(&self) -> Part {
        let found = in_time(self.kernel.db.ping()).await;
        if found.is_err() {
            self.outage.notice();
        }
        found.map(|()| "ok")
    }

    async fn redis(&self) -> Part {
        if self.kernel.settings.redis.url.is_empty() {
            return Ok("not used");
        }
        in_time(self.kernel.transport.ping()).await.map(|()| "ok")
    }

    /// `None` if the key matches, nothing is encrypted, or the database is unavailable.
    async fn vault(&self) -> Option<Part> {
        match timeout(PATIENCE, vault::check(&self.kernel.vault, &self.kernel.db)).await {
            Ok(Err(Unconfirmed::Wrong(_))) => Some(Err("the key is not the database's".into())),
            Ok(Err(Unconfirmed::Missing(_))) => Some(Err("there is no key".into())),
            _ => None,
        }
    }

    async fn migrations(&self) -> Part {
        match in_time(self.kernel.db.pending()).await?.len() {
            0 => Ok("ok"),
            missing => Err(format!("{missing} missing; run `switchyard migrate`")),
        }
    }
}

impl Endpoint for Readiness {
    type Output = Response;

    async fn call(&self, _: Request) -> poem::Result<Response> {
        let Servers { database, migrations, redis, vault } = self.servers.get(|| self.servers()).await;
        let mut parts = vec![
            ("process", self.process()),
            ("database", database),
            ("migrations", migrations),
            ("redis", redis),
        ];
        parts.extend(vault.map(|part| ("vault", part)));
        let ready = parts.iter().all(|(_, part)| part.is_ok());
        let words = |part: Part| part.map_or_else(|wrong| wrong, str::to_owned);
        let checks = parts.into_iter().map(|(name, part)| (name.to_owned(), words(part).into()));
        let checks: serde_json::Map<_, _> = checks.collect();
        let status = if ready { "ready" } else { "unready" };
        let body = json!({ "status": status, "checks": checks });
        if ready {
            return Ok(json_answer(StatusCode::OK, &body));
        }
        let answer = json_answer(StatusCode::SERVICE_UNAVAILABLE, &body);
        Ok(answer.with_header(header::RETRY_AFTER, LOOK_AGAIN).into_response())
    }
}

/// The cause of a failure is not public; requests log it.
async fn in_time<T>(check: impl Future<Output = Result<T>>) -> Result<T, String> {
    match timeout(PATIENCE, check).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) => Err("away".into()),
        Err(_) => Err(format!("no answer within {PATIENCE:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_that_stops_is_not_ready() {
        let app = crate::state::tests::app().await;
        app.kernel.db.migrate().await.unwrap();
        let stopping = CancellationToken::new();
        let ready = Readiness::new(app.kernel.clone(), stopping.clone());
        assert_eq!(ready.process(), Ok("ok"));
        stopping.cancel();
        let answer = ready.call(Request::default()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = answer.into_body().into_string().await.unwrap();
        assert!(body.contains(r#""process":"stopping""#), "{body}");
    }
}
