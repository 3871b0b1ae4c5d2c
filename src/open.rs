//! The kernel for commands that work on the database beside the running platform.
//!
//! They are processes of their own, and what they enqueue and record reaches the platform's workers at once: through
//! Redis, or through the socket of an embedded platform. Should that fail, the reconciler finds it within seconds.

use crate::{
    logging,
    settings::{self, Global, Place},
};
use anyhow::{Context, bail};
use entities::organization;
use kernel::{
    Clock, Db, Error, Kernel, UnitOfWork,
    config::Settings,
    events::Actor,
    vault::{self, Unconfirmed},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

/// The database of the settings, which has to be there.
pub async fn existing(global: &Global, place: Place) -> anyhow::Result<Kernel> {
    unseal(sealed(global, place).await?).await
}

/// The same, whatever key it is sealed with.
pub async fn sealed(global: &Global, place: Place) -> anyhow::Result<Kernel> {
    let settings = load(global, place)?;
    if let Some(file) = Db::file(&settings).filter(|file| !file.exists()) {
        bail!("the database {} does not exist; `switchyard up` creates it", file.display());
    }
    up_to_date(beside(settings).await?).await
}

/// The same, but an embedded database is made when there is none yet.
pub async fn or_made(global: &Global, place: Place) -> anyhow::Result<Kernel> {
    let kernel = beside(load(global, place)?).await?;
    if Db::file(&kernel.settings).is_some() {
        kernel.db.migrate().await?;
    }
    unseal(up_to_date(kernel).await?).await
}

/// What the organization of a first start is called where nobody says so.
pub const DEFAULT: &str = "default";

/// Whose objects a command is about, and where they are.
#[derive(clap::Args)]
pub struct Tenant {
    /// Organization [default: `default`, or the only one there is]
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// A unit of work of the person at the command line, for a tenant that has to be there.
pub async fn work(global: &Global, Tenant { organization, place }: Tenant) -> anyhow::Result<UnitOfWork> {
    let kernel = existing(global, place).await?;
    let name = organization.as_deref().unwrap_or(DEFAULT);
    let mut found = organization::Entity::named(name).one(kernel.db.reader()).await?;
    if found.is_none() && organization.is_none() {
        found = the_only_one(&kernel).await?;
    }
    let Some(found) = found else { bail!("there is no organization named {name}") };
    Ok(UnitOfWork::new(kernel, Actor::system(found.id)))
}

/// The organization, if there is one alone beside the sandbox.
async fn the_only_one(kernel: &Kernel) -> anyhow::Result<Option<organization::Model>> {
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

/// A command with a wrong key does nothing. One without a key does all that needs none.
async fn unseal(kernel: Kernel) -> anyhow::Result<Kernel> {
    match vault::confirm(&kernel).await {
        Ok(()) => {}
        Err(Unconfirmed::Missing(why)) => kernel.vault.close(&why),
        Err(refused) => bail!("{refused}"),
    }
    Ok(kernel)
}

fn load(global: &Global, place: Place) -> anyhow::Result<Settings> {
    let loaded = settings::load(global, place.overrides())?;
    logging::start_quiet(&loaded)?;
    Ok(loaded.settings)
}

/// The kernel on these settings.
pub async fn kernel(settings: Settings) -> anyhow::Result<Kernel> {
    opened(Kernel::open(settings, Clock::system()).await)
}

/// The same, beside the running platform.
async fn beside(settings: Settings) -> anyhow::Result<Kernel> {
    opened(Kernel::open_beside(settings, Clock::system()).await)
}

fn opened(opened: kernel::Result<Kernel>) -> anyhow::Result<Kernel> {
    opened.map_err(|error| anyhow::anyhow!(cause(error))).context("cannot start with these settings")
}

/// What is wrong, for the operator: without the words that keep the cause from callers.
pub fn cause(error: Error) -> String {
    match error {
        Error::Internal(cause) => cause,
        other => other.to_string(),
    }
}
