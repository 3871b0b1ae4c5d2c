//! `work`: a worker process.

use crate::{
    context, invoice_pdf, logging, output, platform,
    settings::{self, Global},
    shutdown,
};
use std::process::ExitCode;

/// Run a worker process, with PostgreSQL and Redis
///
/// Requires `database.url` (`DATABASE_URL`) and `redis.url` (`REDIS_URL`); neither has to be up yet. Run any number of
/// these. Ctrl-C or SIGTERM stops it: running jobs are finished or returned to the queue.
#[derive(clap::Args)]
pub struct Args {
    /// Job kinds to run, comma-separated [default: `worker.kinds`, all]
    #[arg(long, value_name = "KIND,…")]
    kinds: Option<String>,
}

/// Works until a signal.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let kinds = args.kinds.map(|kinds| ("worker.kinds", kinds, "--kinds"));
    let loaded = settings::load(&global, kinds.into_iter().collect())?;
    settings::require_servers(&loaded.settings, "work")?;
    logging::start(&loaded)?;
    let shutdown = shutdown::on_signal()?;
    let kinds = platform::kinds(&loaded.settings)?;
    let renderer = invoice_pdf::renderer(&loaded.settings)?;
    let kernel = context::kernel(loaded.settings).await?;
    let names: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
    let sealed = platform::unseal(&kernel, &shutdown).await?;
    platform::monitor(&kernel, &shutdown).await?;
    output::print(&format!("working on {}", names.join(", ")))?;
    worker::run(kernel, renderer, kinds, shutdown).await;
    sealed.outcome()?;
    Ok(ExitCode::SUCCESS)
}
