//! The file's way to the server: as a stream, whatever its size.

use super::{Args, Format, Job};
use crate::{
    bar::Bar,
    client::{self, Client, Refusal},
};
use anyhow::Context;
use futures::TryStreamExt;
use reqwest::{
    Body, Method, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use std::path::Path;
use tokio::fs::File;
use tokio_util::io::ReaderStream;
use uuid::Uuid;

const PATH: &str = "/api/v1/bulk/customers/file";
const PIECE: usize = 256 * 1024;

/// Sends the file; returns the import that the server has taken on.
pub(super) async fn upload(client: &Client, args: &Args, format: Format) -> anyhow::Result<Job> {
    let size = size(&args.file).await?;
    let bar = Bar::bytes("sending", size);
    // With it the server takes the file on once, however often it is sent because an answer got lost.
    let key = Uuid::now_v7().to_string();
    let path = format!("{PATH}?stopOnError={}&dryRun={}", args.stop_on_error, args.dry_run);
    let attempt = async || {
        bar.reset();
        let request = client
            .request(Method::POST, &path)
            .header(CONTENT_TYPE, media_type(format))
            .header("Idempotency-Key", &key);
        let request = request.header(CONTENT_LENGTH, size).body(body(&args.file, &bar).await?);
        Ok(Job::ask(request).await?.0)
    };
    let outcome = bar.during(client::persist(attempt, client::always)).await;
    outcome.map_err(|error| match error.downcast_ref::<Refusal>() {
        Some(refusal) if refusal.status == StatusCode::NOT_FOUND => {
            error.context(format!("{} takes no imports; does --url end with /partner?", client.url("")))
        }
        _ => error,
    })
}

async fn size(file: &Path) -> anyhow::Result<u64> {
    let about = tokio::fs::metadata(file).await?;
    anyhow::ensure!(about.is_file(), "not a file");
    Ok(about.len())
}

async fn body(file: &Path, bar: &Bar) -> anyhow::Result<Body> {
    let file = File::open(file).await.context("cannot read it")?;
    let bar = bar.clone();
    let pieces = ReaderStream::with_capacity(file, PIECE).inspect_ok(move |piece| bar.add(piece.len()));
    Ok(Body::wrap_stream(pieces))
}

const fn media_type(format: Format) -> &'static str {
    match format {
        Format::Csv => "text/csv",
        Format::Ndjson => "application/x-ndjson",
    }
}
