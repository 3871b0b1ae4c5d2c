//! Clients that hold connections, and others that must be served meanwhile.

use super::{
    HEALTH, Raw, SOON,
    http2::{DATA, Http2, PING, RST_STREAM},
    stopping::{customer, in_flight},
};
use crate::app::{Caller, PATIENCE, Pairing, TestApp, both};
use anyhow::{Context, Result};
use platform::config::Settings;
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpSocket;

both!(
    an_answer_that_is_not_taken_is_given_up,
    an_idle_connection_makes_room,
    health_is_answered_when_all_are_busy
);

async fn serving(pairing: Pairing, change: impl FnOnce(&mut Settings)) -> Result<(TestApp, Caller)> {
    let mut app = TestApp::new(pairing, change).await?;
    let caller = app.serve().await?;
    Ok((app, caller))
}

/// A connection from another address of this machine.
async fn connect_from(source: &str, address: &str) -> Result<Raw> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(format!("{source}:0").parse()?)?;
    Ok(Raw(socket.connect(address.parse()?).await?))
}

async fn is_answered(connection: &mut Raw) -> Result<()> {
    connection.send(HEALTH).await?;
    connection.read_until("alive").await?;
    Ok(())
}

/// With a window of 0 nothing of an answer can be sent; pings do not help.
async fn an_answer_that_is_not_taken_is_given_up(pairing: Pairing) -> Result<()> {
    let (app, caller) = serving(pairing, |settings| {
        settings.http.read_timeout = SOON * 4;
        settings.http.idle_timeout = SOON;
    })
    .await?;
    let mut holding = Http2::connect(caller.address(), 0).await?;
    holding.get(1, "/healthz", &[]).await?;
    // Its answer has begun.
    while holding.next().await?.context("cut")?.stream == 0 {}
    let closed = async {
        loop {
            if holding.send(PING, 0, 0, b"12345678").await.is_err() {
                break;
            }
            let reading = tokio::time::timeout(Duration::from_millis(20), holding.next()).await;
            if matches!(reading, Ok(Ok(None))) {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.context("it is held for ever")?;
    let mut silent = Http2::connect(caller.address(), 0).await?;
    assert!(silent.rest().await?.iter().all(|frame| frame.stream == 0), "without a request");
    app.drain().await
}

/// A proxy has the requests of many clients in one connection: one that takes nothing does not end the others'.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_go_on_beside_an_answer_that_is_not_taken() -> Result<()> {
    let (mut app, caller) = serving(Pairing::Embedded, |settings| settings.http.idle_timeout = SOON).await?;
    let begun = caller.post("/api/v1/bulk/customers", &json!({ "customers": [customer()] })).await?;
    let id = begun.json()["data"]["id"].as_str().context("no id")?.to_owned();
    let key = caller.key().context("no key")?;
    let mut proxy = Http2::connect(caller.address(), 0).await?;
    let wait = [("x-api-key", key), ("prefer", "wait=30")];
    proxy.get(1, &format!("/partner/api/v1/bulk/jobs/{id}"), &wait).await?;
    proxy.open_window(1, 1 << 20).await?;
    proxy.get(3, "/healthz", &[]).await?;
    loop {
        let frame = proxy.next().await?.context("all were cut")?;
        assert!(frame.kind != DATA && !(frame.kind == RST_STREAM && frame.stream == 1), "{frame:?}");
        if frame.kind == RST_STREAM && frame.stream == 3 {
            break;
        }
    }
    app.work();
    loop {
        let frame = proxy.next().await?.context("cut")?;
        if frame.stream == 1 && frame.is_last() {
            break;
        }
    }
    app.drain().await
}

/// A large answer is sent in pieces, each of which may take its time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_taken_slowly_arrives_whole() -> Result<()> {
    let patience = SOON * 4;
    let (app, caller) = serving(Pairing::Embedded, |settings| settings.http.idle_timeout = patience).await?;
    let whole = reqwest::get(format!("http://{}/partner/openapi.json", caller.address())).await?;
    let whole = whole.bytes().await?;
    let mut slow = Http2::connect(caller.address(), 0).await?;
    slow.open_window(0, 1 << 30).await?;
    slow.get(1, "/partner/openapi.json", &[]).await?;
    let mut text = vec![];
    let began = tokio::time::Instant::now();
    while text.len() < whole.len() {
        tokio::time::sleep(patience / 4).await;
        slow.open_window(1, 64 << 10).await?;
        let expected = whole.len().min(text.len() + (64 << 10));
        while text.len() < expected {
            let frame = slow.next().await?.context("cut")?;
            assert_ne!(frame.kind, RST_STREAM, "after {} bytes", text.len());
            if frame.kind == DATA {
                text.extend(frame.payload);
            }
        }
    }
    assert!(text == whole && began.elapsed() > patience, "{:?}", began.elapsed());
    app.drain().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_holds_only_so_many_connections() -> Result<()> {
    let (app, caller) =
        serving(Pairing::Embedded, |settings| settings.http.max_connections_per_address = 2).await?;
    let address = caller.address();
    let mut other = connect_from("127.0.0.2", address).await?;
    is_answered(&mut other).await?;
    let mut held = [Raw::connect(address).await?, Raw::connect(address).await?];
    for connection in &mut held {
        is_answered(connection).await?;
    }
    is_answered(&mut Raw::connect(address).await?).await?;
    assert_eq!(held[0].read_to_end().await?, "", "for want of a place");
    for connection in [&mut held[1], &mut other] {
        is_answered(connection).await?;
    }
    app.drain().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_proxy_holds_as_many_as_there_are() -> Result<()> {
    let (app, caller) = serving(Pairing::Embedded, |settings| {
        settings.http.max_connections_per_address = 1;
        settings.http.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await?;
    let mut held = vec![];
    for _ in 0..4 {
        let mut connection = Raw::connect(caller.address()).await?;
        is_answered(&mut connection).await?;
        held.push(connection);
    }
    app.drain().await
}

async fn an_idle_connection_makes_room(pairing: Pairing) -> Result<()> {
    let (app, caller) = serving(pairing, |settings| settings.http.max_connections = 2).await?;
    let (address, key, body) = (caller.address(), app.key("acme").await?, customer().to_string());
    let mut idle = Raw::connect(address).await?;
    is_answered(&mut idle).await?;
    let mut working = in_flight(address, &key, &body).await?;
    let mut third = Raw::connect(address).await?;
    is_answered(&mut third).await?;
    assert_eq!(idle.read_to_end().await?, "", "nobody needs it so little");
    let mut stalled = Http2::connect(address, 0).await?;
    assert_eq!(third.read_to_end().await?, "", "idle for longer than the new one");
    stalled.get(1, "/healthz", &[]).await?;
    // Its answer is there.
    while stalled.next().await?.context("cut")?.stream == 0 {}
    is_answered(&mut Raw::connect(address).await?).await?;
    stalled.rest().await?;
    working.send(&body).await?;
    working.read_until("slow@example.com").await?;
    app.drain().await
}

async fn health_is_answered_when_all_are_busy(pairing: Pairing) -> Result<()> {
    let (app, caller) = serving(pairing, |settings| settings.http.max_connections = 2).await?;
    let (address, key, body) = (caller.address(), app.key("acme").await?, customer().to_string());
    let mut working = [in_flight(address, &key, &body).await?, in_flight(address, &key, &body).await?];
    for path in ["healthz", "readyz"] {
        let mut asking = Raw::connect(address).await?;
        asking.send(&format!("GET /{path} HTTP/1.1\r\nHost: test\r\n\r\n")).await?;
        let answer = asking.read_to_end().await?;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("connection: close"), "{answer}");
    }
    let mut other = Raw::connect(address).await?;
    other.send("GET /partner/api/v1/customers HTTP/1.1\r\nHost: test\r\n\r\n").await?;
    let answer = other.read_to_end().await?;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 1"), "{answer}");
    assert!(answer.contains("x-content-type-options"), "{answer}");
    for working in &mut working {
        working.send(&body).await?;
        working.read_until("HTTP/1.1 ").await?;
    }
    let answered = async || Ok((caller.get("/api/v1/customers").await?.status == 200).then_some(()));
    harness::until("there is room again", PATIENCE, answered).await?;
    app.drain().await
}
