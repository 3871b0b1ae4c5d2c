//! `radius`: who may log in and what they get are rows of a FreeRADIUS database; sessions that are open are changed or
//! ended by asking their NAS (RFC 5176), and read back from what accounting tells of them.
//!
//! Everything is safe to do twice: rows are put as they are to be, and a session is asked again. A NAS that takes a
//! request and does nothing is found out by reading: a session that should have ended is still in `radacct`.

mod accounting;
mod packet;
mod people;
mod sessions;

use super::{Asking, Failure, Observed, Progress, Provisioner, Service};
use kernel::{Kernel, config::Settings, db, retry::OutageBackoff, tls};
use people::{Person, policy};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};
use sessions::{Reach, Told};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

/// A FreeRADIUS database, and the NASes of its sessions.
pub(crate) struct Radius {
    url: String,
    reach: Reach,
    /// Opened by the first service that needs it.
    db: OnceCell<DatabaseConnection>,
}

/// Connections to the database at most: it is the RADIUS server's in the first place.
const CONNECTIONS: u32 = 4;

impl Radius {
    /// Nothing is opened yet.
    pub(crate) fn new(settings: &Settings) -> Self {
        let radius = &settings.provisioners.radius;
        let reach = Reach {
            port: u16::try_from(radius.port).unwrap_or(u16::MAX),
            secret: radius.secret.clone(),
            patience: radius.timeout,
            tries: radius.tries,
        };
        Self { url: radius.url.clone(), reach, db: OnceCell::new() }
    }

    async fn db(&self) -> Result<&DatabaseConnection, Failure> {
        if self.url.is_empty() {
            return Err(Failure::Lasting("no RADIUS database is set (provisioners.radius.url)".into()));
        }
        self.connected().await.map_err(away)
    }

    async fn connected(&self) -> Result<&DatabaseConnection, DbErr> {
        let patience = self.reach.patience * u32::try_from(self.reach.tries).unwrap_or(u32::MAX);
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

    /// Adds what accounting tells to what customers used, until shutdown.
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

    async fn round(&self, kernel: &Kernel) -> kernel::Result<()> {
        let db = self.connected().await.map_err(accounting::away)?;
        accounting::round(kernel, db).await
    }

    /// Brings the open sessions in line: they get the policy, or end where they may not go on. Those that cannot be
    /// changed are ended, and come back with it.
    async fn follow(&self, user: &str, policy: Option<&str>) -> Result<(), Failure> {
        for session in sessions::open(self.db().await?, user).await.map_err(away)? {
            let changed = match policy {
                Some(policy) => self.reach.change(user, &session, policy).await == Told::Done,
                None => false,
            };
            if !changed && self.reach.disconnect(user, &session).await == Told::Silent {
                return Err(Failure::Passing(format!("the NAS of session {} does not answer", session.id)));
            }
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Provisioner for Radius {
    async fn apply(&self, _: &Asking, service: &Service) -> Result<Progress, Failure> {
        let person = Person::of(service);
        people::write(self.db().await?, &service.username, &person).await.map_err(away)?;
        let policy = person.policy.as_deref().filter(|_| !person.barred);
        self.follow(&service.username, policy).await?;
        Ok(Progress::Done)
    }

    async fn remove(&self, _: &Asking, service: &Service) -> Result<Progress, Failure> {
        people::remove(self.db().await?, &service.username).await.map_err(away)?;
        self.follow(&service.username, None).await?;
        Ok(Progress::Done)
    }

    /// Who is out but has an open session is still in.
    async fn read(&self, service: &Service) -> Result<Option<Observed>, Failure> {
        let db = self.db().await?;
        let person = people::read(db, &service.username).await.map_err(away)?;
        let online = !sessions::open(db, &service.username).await.map_err(away)?.is_empty();
        if person.is_none() && !online {
            return Ok(None);
        }
        let person = person.unwrap_or_default();
        let (download, upload) = (service.download_mbps, service.upload_mbps);
        let as_sold = person.policy.as_deref() == Some(&*policy(download, upload));
        let had = |kept: &Option<String>, told: Option<String>, given: &Option<String>| {
            if *kept == told { given.clone() } else { kept.clone() }
        };
        let told = Person::of(service);
        Ok(Some(Observed {
            download_mbps: if as_sold { download } else { 0 },
            upload_mbps: if as_sold { upload } else { 0 },
            ipv4: had(&person.ipv4, told.ipv4, &service.ipv4),
            ipv6: had(&person.ipv6, told.ipv6, &service.ipv6),
            suspended: person.barred && !online,
        }))
    }
}

/// The RADIUS database is somebody else's: it may be away for a while, or be mended. Partners read why a request has
/// failed, so the cause is for the log alone.
#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn away(error: DbErr) -> Failure {
    let error = tls::explain(&error, &tls::POSTGRES);
    tracing::warn!(error, "the RADIUS database cannot be used");
    Failure::Passing("the RADIUS database does not answer".into())
}
