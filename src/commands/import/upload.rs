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
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::fs::File;
use tokio_util::io::ReaderStream;

const PATH: &str = "/api/v1/bulk/customers/file";
const LOST: &str = "all of it was sent, but no answer came, so the server may have taken it on; \
                    sending it again creates no customer twice";
const PIECE: usize = 256 * 1024;

/// Sends the file; returns the import that the server has taken on.
pub(super) async fn upload(client: &Client, args: &Args, format: Format) -> anyhow::Result<Job> {
    let size = size(&args.file).await?;
    let bar = Bar::bytes("sending", size);
    let sent = Arc::new(AtomicU64::new(0));
    let path = format!("{PATH}?stopOnError={}&dryRun={}", args.stop_on_error, args.dry_run);
    let attempt = async || {
        bar.reset();
        sent.store(0, Ordering::Relaxed);
        let request = client.request(Method::POST, &path).header(CONTENT_TYPE, media_type(format));
        let request = request.header(CONTENT_LENGTH, size).body(body(&args.file, &bar, &sent).await?);
        Ok(Job::ask(request).await?.0)
    };
    // Once all of it was sent, the server may have taken it on although the answer got lost.
    let taken_on = |error: &reqwest::Error| !error.is_connect() && sent.load(Ordering::Relaxed) >= size;
    let repeatable = |error: &reqwest::Error| args.dry_run || !taken_on(error);
    let outcome = bar.during(client::persist(attempt, repeatable)).await;
    outcome.map_err(|error| match (error.downcast_ref(), error.downcast_ref::<Refusal>()) {
        (Some(lost), _) if taken_on(lost) => error.context(LOST),
        (_, Some(refusal)) if refusal.status == StatusCode::NOT_FOUND => {
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

async fn body(file: &Path, bar: &Bar, sent: &Arc<AtomicU64>) -> anyhow::Result<Body> {
    let file = File::open(file).await.context("cannot read it")?;
    let (bar, sent) = (bar.clone(), sent.clone());
    let pieces = ReaderStream::with_capacity(file, PIECE).inspect_ok(move |piece| {
        bar.add(piece.len());
        sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
    });
    Ok(Body::wrap_stream(pieces))
}

const fn media_type(format: Format) -> &'static str {
    match format {
        Format::Csv => "text/csv",
        Format::Ndjson => "application/x-ndjson",
    }
}
