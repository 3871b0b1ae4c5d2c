//! `serve`: an API process.

use crate::{
    context, logging, output, platform,
    settings::{self, Global},
    shutdown,
};
use anyhow::Context;
use std::process::ExitCode;

/// Run an API process, with PostgreSQL and Redis
///
/// Requires `database.url` (`DATABASE_URL`) and `redis.url` (`REDIS_URL`); neither has to be up yet. Run any number of
/// these alongside any number of `work`. Ctrl-C or SIGTERM stops it after open requests have finished.
#[derive(clap::Args)]
pub struct Args {
    /// Address and port to listen on [default: `http.listen`, 127.0.0.1:3010]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

/// Serves until a signal.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let listen = args.listen.map(|address| ("http.listen", address, "--listen"));
    let loaded = settings::load(&global, listen.into_iter().collect())?;
    settings::require_servers(&loaded.settings, "serve")?;
    logging::start(&loaded)?;
    let shutdown = shutdown::on_signal()?;
    let listener = platform::bind(&loaded.settings).await?;
    let scheme = platform::scheme(&loaded.settings);
    let kernel = context::kernel(loaded.settings).await?;
    let sealed = platform::unseal(&kernel, &shutdown).await?;
    platform::monitor(&kernel, &shutdown).await?;
    output::print(&format!("listening on {scheme}://{}", listener.local_addr()?))?;
    api::serve(kernel, listener, shutdown).await.context("cannot serve")?;
    sealed.outcome()?;
    Ok(ExitCode::SUCCESS)
}
