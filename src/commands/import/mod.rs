//! `import`: a file of customers, to a running platform.

mod job;
mod report;
mod upload;

pub use job::{Ended, Job, Watch};

use crate::{
    client::{self, Client},
    import_file::{ImportFile, cannot_import},
    logging, output,
    settings::Global,
    shutdown,
};
use anyhow::Context;
use clap::ValueEnum;
use reqwest::Method;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};
use tokio::{
    fs::File,
    io::{AsyncWriteExt, BufWriter},
};
use tokio_util::sync::CancellationToken;

/// Import a file of customers, up to a million rows, through a running platform
///
/// CSV with a header line, or NDJSON (one JSON object per line). Sends the file, shows the progress until every row has
/// been processed, and prints a summary. Rejected rows are written to a separate file with the reason. Retries for up
/// to a minute if the server is unavailable. The import continues on the server even if this command is interrupted.
/// Exits with 0 only if every row was imported.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    file: ImportFile,
    /// URL of the partner contract
    #[arg(long, default_value = "http://127.0.0.1:3010/partner")]
    url: String,
    /// API key for the partner contract
    #[arg(long, env = "PARTNER_API_KEY", hide_env_values = true, required_unless_present = "template")]
    key: Option<String>,
    /// Format of the file [default: by its extension, .csv, .ndjson or .jsonl]
    #[arg(long)]
    format: Option<Format>,
    /// Stop at the first rejected row; earlier rows are kept
    #[arg(long)]
    stop_on_error: bool,
    /// Validate every row, but write nothing
    #[arg(long)]
    dry_run: bool,
    /// File for rejected rows [default: FILE.errors.csv]
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Csv,
    Ndjson,
}

impl Format {
    const fn template(self) -> &'static str {
        match self {
            Self::Csv => api::CSV_TEMPLATE,
            Self::Ndjson => api::NDJSON_TEMPLATE,
        }
    }
}

impl Args {
    fn format(&self, file: &Path) -> anyhow::Result<Format> {
        let ending = file.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
        let guessed = match ending.as_deref() {
            Some("csv") => Some(Format::Csv),
            Some("ndjson" | "jsonl") => Some(Format::Ndjson),
            _ => None,
        };
        self.format.or(guessed).context("unknown format; use --format csv or --format ndjson")
    }

    fn errors_file(&self, file: &Path) -> PathBuf {
        let beside = || format!("{}.errors.csv", file.display()).into();
        self.errors.clone().unwrap_or_else(beside)
    }
}

/// Sends the file, shows the progress and prints the summary.
pub async fn run(args: Args, _: Global) -> anyhow::Result<ExitCode> {
    let template = args.format.unwrap_or(Format::Csv).template();
    let Some(file) = args.file.path_or_template(template)? else { return Ok(ExitCode::SUCCESS) };
    logging::start_plain()?;
    let (stop, started) = (shutdown::on_signal()?, Instant::now());
    let client = Client::new(&args.url, args.key.clone().unwrap_or_default())?;
    let uploading = upload::upload(&client, &args, file);
    let Some(job) = stop.run_until_cancelled(uploading).await else {
        output::print_error(
            "Interrupted while sending the file. Nothing is imported unless the whole file had arrived.",
        );
        return Ok(ExitCode::from(130));
    };
    let job = job.with_context(|| cannot_import(file))?;
    let Some(job) = watch(&client, job, &stop).await? else { return Ok(ExitCode::from(130)) };
    let finish = stop.run_until_cancelled(finish(&client, &args, file, &job, started.elapsed()));
    finish.await.unwrap_or(Ok(ExitCode::from(130)))
}

/// Shows the progress until the import ends; `None` if the user interrupts it.
async fn watch(client: &Client, job: Job, stop: &CancellationToken) -> anyhow::Result<Option<Job>> {
    let ended = stop.run_until_cancelled(job.watch(client, "importing", Watch::LIVE)).await.transpose();
    if !matches!(ended, Ok(Some(_))) {
        let url = client.url(&format!("/api/v1/bulk/jobs/{}", job.id));
        output::print_error(&report::continues(&job.id, &url));
    }
    Ok(ended.context("lost track of the import")?.map(|ended| ended.job))
}

async fn finish(
    client: &Client,
    args: &Args,
    file: &Path,
    job: &Job,
    time: Duration,
) -> anyhow::Result<ExitCode> {
    output::print(&report::summary(job, args.dry_run, time))?;
    if job.progress.failed > 0 {
        let file = args.errors_file(file);
        save_errors(client, job, &file).await.with_context(|| format!("cannot write {}", file.display()))?;
        output::print(&format!("rejected rows are in {}", file.display()))?;
    }
    Ok(if job.all_in() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Downloads the rejected rows as a stream.
async fn save_errors(client: &Client, job: &Job, file: &Path) -> anyhow::Result<()> {
    let path = format!("/api/v1/bulk/jobs/{}/errors", job.id);
    let download = async || {
        let mut rows = client::answer(client.request(Method::GET, &path)).await?;
        let mut file = BufWriter::new(File::create(file).await?);
        while let Some(part) = rows.chunk().await? {
            file.write_all(&part).await?;
        }
        Ok(file.flush().await?)
    };
    client::persist(download, client::always).await
}
