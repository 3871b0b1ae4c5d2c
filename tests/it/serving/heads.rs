//! Limits of request heads.

use super::{
    Raw,
    http2::{HEADERS, Http2},
};
use crate::app::{Pairing, TestApp};
use anyhow::{Context, Result};

async fn answer(address: &str, head: &str) -> Result<String> {
    let mut connection = Raw::connect(address).await?;
    // The server may have had enough before all is sent.
    let _ = connection.send(head).await;
    connection.read_to_end().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_has_64_kib_at_most() -> Result<()> {
    let mut app = TestApp::new(Pairing::Embedded, |_| {}).await?;
    let caller = app.serve().await?;
    let with = |more: &str| format!("GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{more}\r\n");
    let large = |bytes: usize| with(&format!("X-Large: {}\r\n", "x".repeat(bytes)));
    let fits = answer(caller.address(), &large(65_000)).await?;
    assert!(fits.starts_with("HTTP/1.1 200 "), "{fits}");
    for head in [large(66_000), large(400_000), large(4_000_000), with(&"X-Many: 1\r\n".repeat(200))] {
        let refused = answer(caller.address(), &head).await?;
        assert!(refused.starts_with("HTTP/1.1 431 "), "{} bytes: {refused:?}", head.len());
    }
    app.drain().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_says_for_whom_it_is() -> Result<()> {
    let mut app = TestApp::new(Pairing::Embedded, |_| {}).await?;
    let caller = app.serve().await?;
    for (version, host, status) in [
        ("1.1", "Host: test\r\n", 200),
        ("1.1", "Host: [::1]:3010\r\n", 200),
        ("1.1", "", 400),
        ("1.1", "Host: a\r\nHost: a\r\n", 400),
        ("1.1", "Host: a/b\r\n", 400),
        ("1.1", "Host:\r\n", 400),
        ("1.0", "", 200),
        ("1.0", "Host: a\r\nHost: b\r\n", 400),
    ] {
        for path in ["/healthz", "/partner/openapi.json"] {
            // A refusal closes the connection by itself.
            let close = if status == 200 { "Connection: close\r\n" } else { "" };
            let head = format!("HEAD {path} HTTP/{version}\r\n{host}{close}\r\n");
            let answer = answer(caller.address(), &head).await?;
            assert!(answer.contains(&format!(" {status} ")), "{host:?} {version}: {answer}");
            assert!(answer.contains("connection: close") || version == "1.0", "{answer}");
        }
    }
    app.drain().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_http_2_host_is_the_authority() -> Result<()> {
    // Of HPACK's static table: `:status` 200 and 400.
    const STATUS: [u8; 2] = [0x88, 0x8c];
    let mut app = TestApp::new(Pairing::Embedded, |_| {}).await?;
    let caller = app.serve().await?;
    let mut connection = Http2::connect(caller.address(), 65_535).await?;
    for (stream, host, status) in [(1, "test", STATUS[0]), (3, "other", STATUS[1]), (5, "test", STATUS[0])] {
        connection.get(stream, "/healthz", &[("host", host)]).await?;
        let answer = loop {
            let frame = connection.next().await?.context("closed")?;
            if frame.kind == HEADERS && frame.stream == stream {
                break frame;
            }
        };
        assert_eq!(answer.payload[0], status, "{host}");
    }
    app.drain().await
}
