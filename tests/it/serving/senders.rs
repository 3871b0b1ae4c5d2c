//! Slow senders.

use super::{HEALTH, Raw, SOON};
use crate::app::{Caller, PATIENCE, Pairing, TestApp, both, csv};
use anyhow::Result;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

both!(
    a_slow_head_is_cut_off,
    a_slow_body_is_refused,
    a_trickled_upload_is_refused,
    an_upload_that_keeps_up_passes,
);

async fn serving(pairing: Pairing) -> Result<(TestApp, Caller, String)> {
    let mut app = TestApp::new(pairing, |settings| settings.http.read_timeout = SOON).await?;
    let caller = app.serve().await?;
    let key = app.key("acme").await?;
    Ok((app, caller, key))
}

async fn a_slow_head_is_cut_off(pairing: Pairing) -> Result<()> {
    let (app, caller, _) = serving(pairing).await?;
    let mut silent = Raw::connect(caller.address()).await?;
    let mut slow = Raw::connect(caller.address()).await?;
    slow.send("GET /healthz HTTP/1.1\r\nHost: te").await?;
    assert_eq!((silent.read_to_end().await?, slow.read_to_end().await?), (String::new(), String::new()));
    let mut idle = Raw::connect(caller.address()).await?;
    for part in [HEALTH, HEALTH, "GET /healthz HTTP/1.1\r\n"] {
        idle.send(part).await?;
        if part == HEALTH {
            idle.read_until("alive").await?;
            // Longer than a head may take: a connection without a request is another matter.
            tokio::time::sleep(SOON * 2).await;
        }
    }
    assert_eq!(idle.read_to_end().await?, "", "the third head does not end");
    app.drain().await
}

fn head(path: &str, key: &str, rest: &str) -> String {
    format!("POST /partner/api/v1/{path} HTTP/1.1\r\nHost: test\r\nX-API-Key: {key}\r\n{rest}\r\n\r\n")
}

fn is_too_slow(answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(
        answer.contains("\"error\":\"REQUEST_TIMEOUT\"") && answer.contains("connection: close"),
        "{answer}"
    );
}

async fn a_slow_body_is_refused(pairing: Pairing) -> Result<()> {
    let (app, caller, key) = serving(pairing).await?;
    let mut slow = Raw::connect(caller.address()).await?;
    slow.send(&head("customers", &key, "Content-Type: application/json\r\nContent-Length: 100")).await?;
    slow.send("{\"email\"").await?;
    is_too_slow(&slow.read_to_end().await?);
    app.drain().await
}

const CHUNKED: &str = "Content-Type: text/csv\r\nTransfer-Encoding: chunked";

async fn a_trickled_upload_is_refused(pairing: Pairing) -> Result<()> {
    let (app, caller, key) = serving(pairing).await?;
    let mut slow = Raw::connect(caller.address()).await?;
    slow.send(&head("bulk/customers/file", &key, CHUNKED)).await?;
    let (mut reader, mut writer) = slow.0.into_split();
    // It never stops, and never gets anywhere.
    let trickle = tokio::spawn(async move {
        while writer.write_all(b"1\r\nx\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = vec![];
    // Closed in the middle of the upload, the connection may end in a reset after the answer.
    let _ = timeout(PATIENCE, reader.read_to_end(&mut answer)).await?;
    timeout(PATIENCE, trickle).await??;
    let answer = String::from_utf8(answer)?;
    is_too_slow(&answer);
    assert_eq!(app.count("jobs").await?, 0);
    app.drain().await
}

async fn an_upload_that_keeps_up_passes(pairing: Pairing) -> Result<()> {
    let (mut app, caller, key) = serving(pairing).await?;
    let mut upload = Raw::connect(caller.address()).await?;
    upload.send(&head("bulk/customers/file", &key, CHUNKED)).await?;
    let file = csv(100);
    let (first, rest) = file.split_at(4096);
    upload.send(&format!("{:x}\r\n{first}\r\n", first.len())).await?;
    // Longer than a document may take, not longer than 4 KiB may.
    tokio::time::sleep(SOON * 2).await;
    upload.send(&format!("{:x}\r\n{rest}\r\n0\r\n\r\n", rest.len())).await?;
    let answer = upload.read_until("\r\n\r\n").await?;
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    app.work();
    app.drain().await
}
