//! `radius`: who may log in and what they get are rows of a FreeRADIUS database; sessions that are open are changed or
//! ended by asking their NAS (RFC 5176), and read back from what accounting tells of them.
//!
//! Everything is safe to do twice: rows are put as they are to be, and a session is asked again. A NAS that takes a
//! request and does nothing is found out by reading: a session that should have ended is still in `radacct`.

mod packet;
mod people;
mod sessions;

use super::{Failure, Observed, Progress, Provisioner, Service};
use kernel::config::Settings;
use people::{Person, policy};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};
use sessions::{Reach, Told};
use tokio::sync::OnceCell;

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
        let mut options = ConnectOptions::new(&self.url);
        options.max_connections(CONNECTIONS).sqlx_logging(false);
        self.db.get_or_try_init(|| Database::connect(options)).await.map_err(away)
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
    async fn apply(&self, service: &Service) -> Result<Progress, Failure> {
        let person = Person::of(service);
        people::write(self.db().await?, &service.username, &person).await.map_err(away)?;
        let policy = person.policy.as_deref().filter(|_| !person.barred);
        self.follow(&service.username, policy).await?;
        Ok(Progress::Done)
    }

    async fn remove(&self, service: &Service) -> Result<Progress, Failure> {
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

/// The RADIUS database is somebody else's: it may be away for a while, or be mended.
#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn away(error: DbErr) -> Failure {
    Failure::Passing(format!("the RADIUS database: {error}"))
}
