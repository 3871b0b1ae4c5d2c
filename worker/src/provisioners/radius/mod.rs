//! `radius`: logins and their attributes are rows of a FreeRADIUS database; open sessions are changed or ended by
//! requests to their NAS (RFC 5176), and read back from the accounting.
//!
//! Everything is idempotent: rows are replaced by the desired ones, and requests are repeated. A NAS that acknowledges
//! a request without acting on it is detected by reading: the session is still in `radacct`.

mod accounting;
mod accounts;
mod packet;
mod sessions;

use super::{Failure, JobRef, Observed, Progress, Provisioner, Service};
use accounts::{Account, policy};
use kernel::Kernel;
use platform::{config::Settings, db, retry::OutageBackoff, tls};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};
use sessions::{NasClient, NasResult};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

/// A FreeRADIUS database, and the NASes of its sessions.
pub(crate) struct Radius {
    url: String,
    nas: NasClient,
    /// Opened on first use.
    db: OnceCell<DatabaseConnection>,
}

/// Maximum number of connections: the database belongs to the RADIUS server.
const CONNECTIONS: u32 = 4;

impl Radius {
    /// Nothing is opened yet.
    pub(crate) fn new(settings: &Settings) -> Self {
        let radius = &settings.provisioners.radius;
        let nas = NasClient {
            port: u16::try_from(radius.port).unwrap_or(u16::MAX),
            secret: radius.secret.clone(),
            patience: radius.timeout,
            tries: radius.tries,
        };
        Self { url: radius.url.clone(), nas, db: OnceCell::new() }
    }

    async fn db(&self) -> Result<&DatabaseConnection, Failure> {
        if self.url.is_empty() {
            return Err(Failure::Permanent("no RADIUS database is set (provisioners.radius.url)".into()));
        }
        self.connected().await.map_err(unavailable)
    }

    async fn connected(&self) -> Result<&DatabaseConnection, DbErr> {
        let patience = self.nas.patience * u32::try_from(self.nas.tries).unwrap_or(u32::MAX);
        let mut options = ConnectOptions::new(&self.url);
        let url = self.url.clone();
        options
            .max_connections(CONNECTIONS)
            .acquire_timeout(patience)
            .map_sqlx_postgres_opts(move |options| db::secured(options, &url))
            .sqlx_logging(false);
        let open = async || {
            db::check_files("provisioners.radius.url", &self.url)
                .map_err(|error| DbErr::Custom(error.to_string()))?;
            Database::connect(options).await
        };
        Box::pin(self.db.get_or_try_init(open)).await
    }

    /// Adds accounting data to customers' usage, until shutdown.
    pub(super) async fn account(&self, kernel: &Kernel, shutdown: &CancellationToken) {
        if self.url.is_empty() {
            return;
        }
        let (pause, mut outage) = (kernel.settings.provisioners.radius.accounting, OutageBackoff::new());
        let rounds = async {
            loop {
                match self.round(kernel).await {
                    Ok(()) => {
                        outage.over();
                        tokio::time::sleep(pause).await;
                    }
                    Err(error) => outage.wait(&error).await,
                }
            }
        };
        shutdown.run_until_cancelled(rounds).await;
    }

    async fn round(&self, kernel: &Kernel) -> platform::Result<()> {
        let db = self.connected().await.map_err(accounting::unavailable)?;
        accounting::round(kernel, db).await
    }

    /// Applies the policy to open sessions, or ends them if there is none. Sessions that cannot be changed are ended,
    /// and reconnect with the new policy.
    async fn update_sessions(&self, user: &str, policy: Option<&str>) -> Result<(), Failure> {
        for session in sessions::open(self.db().await?, user).await.map_err(unavailable)? {
            let changed = match policy {
                Some(policy) => self.nas.change(user, &session, policy).await == NasResult::Done,
                None => false,
            };
            if !changed && self.nas.disconnect(user, &session).await == NasResult::NoResponse {
                return Err(Failure::Transient(format!("the NAS of session {} does not answer", session.id)));
            }
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Provisioner for Radius {
    async fn apply(&self, _: &JobRef, service: &Service) -> Result<Progress, Failure> {
        let account = Account::of(service);
        accounts::write(self.db().await?, &service.username, &account).await.map_err(unavailable)?;
        let policy = account.policy.as_deref().filter(|_| !account.barred);
        self.update_sessions(&service.username, policy).await?;
        Ok(Progress::Done)
    }

    async fn remove(&self, _: &JobRef, service: &Service) -> Result<Progress, Failure> {
        accounts::remove(self.db().await?, &service.username).await.map_err(unavailable)?;
        self.update_sessions(&service.username, None).await?;
        Ok(Progress::Done)
    }

    /// A removed account with an open session is still connected.
    async fn read(&self, service: &Service) -> Result<Option<Observed>, Failure> {
        let db = self.db().await?;
        let account = accounts::read(db, &service.username).await.map_err(unavailable)?;
        let online = !sessions::open(db, &service.username).await.map_err(unavailable)?.is_empty();
        if account.is_none() && !online {
            return Ok(None);
        }
        let account = account.unwrap_or_default();
        let (download, upload) = (service.download_mbps, service.upload_mbps);
        let as_sold = account.policy.as_deref() == Some(&*policy(download, upload));
        let observed = |kept: &Option<String>, expected: Option<String>, given: &Option<String>| {
            if *kept == expected { given.clone() } else { kept.clone() }
        };
        let expected = Account::of(service);
        Ok(Some(Observed {
            download_mbps: if as_sold { download } else { 0 },
            upload_mbps: if as_sold { upload } else { 0 },
            ipv4: observed(&account.ipv4, expected.ipv4, &service.ipv4),
            ipv6: observed(&account.ipv6, expected.ipv6, &service.ipv6),
            suspended: account.barred && !online,
        }))
    }
}

/// The RADIUS database is a foreign system: outages are transient. Partners see the reason of a failed request, so the
/// cause is only logged.
#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unavailable(error: DbErr) -> Failure {
    let error = tls::explain(&error, &tls::POSTGRES);
    tracing::warn!(error, "the RADIUS database cannot be used");
    Failure::Transient("the RADIUS database does not answer".into())
}
