//! Uploads the file as a stream.

use super::{Args, Format, Job};
use crate::{
    client::{self, ApiError, Client},
    import_file,
    progress_bar::ProgressBar,
};
use anyhow::Context;
use futures::TryStreamExt;
use platform::import_file::{ColumnName, RenamedHeader, rename_header};
use reqwest::{
    Body, Method, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use std::{
    io::{Cursor, SeekFrom},
    path::Path,
};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
};
use tokio_util::io::ReaderStream;
use uuid::Uuid;

const PATH: &str = "/api/v1/bulk/customers/file";
const PIECE: usize = 256 * 1024;

/// Sends the file; returns the accepted import.
pub(super) async fn upload(client: &Client, args: &Args, file: &Path) -> anyhow::Result<Job> {
    import_file::open(file)?;
    let format = args.format(file)?;
    let source = Source::open(file, &args.file.map, format).await?;
    let size = source.size;
    let bar = ProgressBar::bytes("sending", size);
    // A file sent again because the response was lost is imported once.
    let key = Uuid::now_v7().to_string();
    let path = format!("{PATH}?stopOnError={}&dryRun={}", args.stop_on_error, args.dry_run);
    let attempt = async || {
        bar.reset();
        let request = client
            .request(Method::POST, &path)
            .header(CONTENT_TYPE, media_type(format))
            .header("Idempotency-Key", &key);
        let request = request.header(CONTENT_LENGTH, size).body(source.body(&bar).await?);
        Ok(Job::ask(request).await?.0)
    };
    let outcome = bar.during(client::persist(attempt, client::always)).await;
    outcome.map_err(|error| match error.downcast_ref::<ApiError>() {
        Some(api_error) if api_error.status == StatusCode::NOT_FOUND => error
            .context(format!("{} does not accept imports; does --url end with /partner?", client.url(""))),
        _ => error,
    })
}

/// The request body: the file, or a renamed header and the rest of the file.
struct Source<'a> {
    file: &'a Path,
    header: RenamedHeader,
    size: u64,
}

impl<'a> Source<'a> {
    async fn open(file: &'a Path, names: &[ColumnName], format: Format) -> anyhow::Result<Self> {
        let length = size(file).await?;
        let header = match (names, format) {
            ([], _) => RenamedHeader { head: vec![], rest: 0 },
            (_, Format::Ndjson) => anyhow::bail!("--map is for CSV: NDJSON has no columns"),
            (names, Format::Csv) => rename_header(std::fs::File::open(file)?, names)?,
        };
        let size = header.head.len() as u64 + length.saturating_sub(header.rest);
        Ok(Self { file, header, size })
    }

    async fn body(&self, bar: &ProgressBar) -> anyhow::Result<Body> {
        let mut file = File::open(self.file).await.context("cannot read it")?;
        file.seek(SeekFrom::Start(self.header.rest)).await.context("cannot read it")?;
        let text = Cursor::new(self.header.head.clone()).chain(file);
        let bar = bar.clone();
        let pieces = ReaderStream::with_capacity(text, PIECE).inspect_ok(move |piece| bar.add(piece.len()));
        Ok(Body::wrap_stream(pieces))
    }
}

async fn size(file: &Path) -> anyhow::Result<u64> {
    let about = tokio::fs::metadata(file).await?;
    anyhow::ensure!(about.is_file(), "not a file");
    Ok(about.len())
}

const fn media_type(format: Format) -> &'static str {
    match format {
        Format::Csv => "text/csv",
        Format::Ndjson => "application/x-ndjson",
    }
}
