//! Opens the kernel for commands that use the database alongside the running platform.
//!
//! They notify the platform's workers of new jobs and events through Redis, or through the socket of an embedded
//! platform. If that fails, the reconciler finds them within seconds.

use crate::{
    logging,
    settings::{self, DataLocation, Global},
};
use anyhow::{Context, bail};
use entities::organization;
use kernel::{Kernel, UnitOfWork, events::Actor};
use platform::{
    Clock, Db, Error,
    config::Settings,
    vault::{self, Unconfirmed},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

/// The configured database, which must exist.
pub async fn existing(global: &Global, location: DataLocation) -> anyhow::Result<Kernel> {
    unseal(sealed(global, location).await?).await
}

/// Like [`existing`], without checking the encryption key.
pub async fn sealed(global: &Global, location: DataLocation) -> anyhow::Result<Kernel> {
    let settings = load(global, location)?;
    if let Some(file) = Db::file(&settings).filter(|file| !file.exists()) {
        bail!("the database {} does not exist; `switchyard up` creates it", file.display());
    }
    up_to_date(with_running_platform(settings).await?).await
}

/// Like [`existing`], but creates an embedded database.
pub async fn or_create(global: &Global, location: DataLocation) -> anyhow::Result<Kernel> {
    let kernel = with_running_platform(load(global, location)?).await?;
    if Db::file(&kernel.settings).is_some() {
        kernel.db.migrate().await?;
    }
    unseal(up_to_date(kernel).await?).await
}

/// The default name of the organization created by a first start.
pub const DEFAULT: &str = "default";

/// The organization and database of a command.
#[derive(clap::Args)]
pub struct Tenant {
    /// Organization [default: `default`, or the only one there is]
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    #[command(flatten)]
    location: DataLocation,
}

/// A unit of work of the operator, for an existing tenant.
pub async fn work(global: &Global, Tenant { organization, location }: Tenant) -> anyhow::Result<UnitOfWork> {
    let kernel = existing(global, location).await?;
    let name = organization.as_deref().unwrap_or(DEFAULT);
    let mut found = organization::Entity::named(name).one(kernel.db.reader()).await?;
    if found.is_none() && organization.is_none() {
        found = only_organization(&kernel).await?;
    }
    let Some(found) = found else { bail!("there is no organization named {name}") };
    Ok(UnitOfWork::new(kernel, Actor::system(found.id)))
}

/// The only organization besides the sandbox, if there is exactly one.
async fn only_organization(kernel: &Kernel) -> anyhow::Result<Option<organization::Model>> {
    let all = organization::Entity::find().filter(organization::Column::Sandbox.eq(false)).limit(2);
    let mut all = all.all(kernel.db.reader()).await?;
    Ok(if all.len() == 1 { all.pop() } else { None })
}

async fn up_to_date(kernel: Kernel) -> anyhow::Result<Kernel> {
    if !kernel.db.pending().await.context("cannot use the database")?.is_empty() {
        bail!("the schema of the database is not up to date; run `switchyard migrate`");
    }
    Ok(kernel)
}

/// Rejects a wrong encryption key. A command without a key can do everything that needs none.
async fn unseal(kernel: Kernel) -> anyhow::Result<Kernel> {
    match vault::confirm(&kernel.vault, &kernel.db, &kernel.clock).await {
        Ok(()) => {}
        Err(Unconfirmed::Missing(why)) => kernel.vault.close(&why),
        Err(refused) => bail!("{refused}"),
    }
    Ok(kernel)
}

fn load(global: &Global, location: DataLocation) -> anyhow::Result<Settings> {
    let loaded = settings::load(global, location.overrides())?;
    logging::start_quiet(&loaded)?;
    Ok(loaded.settings)
}

/// Opens the kernel with these settings.
pub async fn kernel(settings: Settings) -> anyhow::Result<Kernel> {
    opened(Kernel::open(settings, Clock::system(), &webhooks::DirectPublish).await)
}

/// Opens the kernel alongside the running platform.
async fn with_running_platform(settings: Settings) -> anyhow::Result<Kernel> {
    opened(Kernel::open_beside(settings, Clock::system(), &webhooks::DirectPublish).await)
}

fn opened(opened: platform::Result<Kernel>) -> anyhow::Result<Kernel> {
    opened.map_err(|error| anyhow::anyhow!(cause(error))).context("cannot start with these settings")
}

/// The cause of an error, which callers do not see.
pub fn cause(error: Error) -> String {
    match error {
        Error::Internal(cause) => cause,
        other => other.to_string(),
    }
}
