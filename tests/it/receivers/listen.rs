//! `switchyard listen`, with a sandbox.

use super::{sandbox::Sandbox, sink::Sink};
use crate::{
    app::PATIENCE,
    cli::{run, switchyard},
    contracts::partner::customer,
};
use anyhow::{Context, Result, ensure};
use harness::Process;
use std::time::Duration;

/// `listen`, and where it listens.
async fn listening(sandbox: &Sandbox, more: &[&str]) -> Result<(Process, String)> {
    let args = [&["listen", "--url", &sandbox.url, "--key", &sandbox.key], more].concat();
    let process = switchyard(&args).current_dir(sandbox.folder.path()).start()?;
    let line = process.wait_for_line("Listening at http://127.0.0.1:", PATIENCE).await?;
    let url = line.split_whitespace().find(|word| word.starts_with("http")).context(line.clone())?;
    Ok((process, url.to_owned()))
}

#[tokio::test]
async fn deliveries_are_printed_and_passed_on_and_the_webhook_is_deleted() -> Result<()> {
    let (sandbox, sink) = (Sandbox::up().await?, Sink::answering(&[500]).await?);
    ensure!(sandbox.process.log().contains("Sandbox: webhooks to loopback"), "{}", sandbox.process.log());
    let only = ["--events", "customer.created,customer.deleted", "--forward", &sink.url];
    let (process, url) = listening(&sandbox, &only).await?;
    let webhooks = sandbox.caller.get("/api/v1/webhooks").await?.json();
    assert_eq!(webhooks["data"][0]["url"], *url);
    assert_eq!(webhooks["data"][0]["events"], serde_json::json!(["customer.created", "customer.deleted"]));

    let made = sandbox.caller.post("/api/v1/customers", &customer("a@example.com")).await?;
    assert_eq!(made.status, 201, "{}", made.text);
    let refused = process.wait_for_line("forwarded: 500 in", PATIENCE).await?;
    let taken = process.wait_for_line("forwarded: 204 in", PATIENCE).await?;
    for line in [&refused, &taken] {
        ensure!(line.contains("  customer.created  evt_") && line.contains("  #1  verified"), "{line}");
    }
    let [(first, body), (second, again)] = &sink.got()[..] else { panic!("{:?}", sink.got()) };
    assert_eq!((&first["webhook-id"], body), (&second["webhook-id"], again), "the same event, sent again");
    ensure!(taken.contains(first["webhook-id"].to_str()?), "{taken}");

    let forged = reqwest::Client::new().post(&url).headers(first.clone()).body(body.replace("John", "Jane"));
    assert_eq!(forged.send().await?.status(), 401);
    process.wait_for_line("NOT VERIFIED: no signature fits", PATIENCE).await?;
    assert_eq!(sink.got().len(), 2, "what does not verify is not passed on");

    process.sigterm()?;
    let status = process.wait_exit(Duration::from_secs(10)).await?;
    ensure!(status.success(), "{status}: {}", process.log());
    assert_eq!(sandbox.caller.get("/api/v1/webhooks").await?.json()["data"], serde_json::json!([]));
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_is_away_is_told_and_tried_again() -> Result<()> {
    let sandbox = Sandbox::up().await?;
    let nowhere = format!("http://127.0.0.1:{}/", harness::free_port());
    let (process, _) = listening(&sandbox, &["--forward", &nowhere]).await?;
    sandbox.caller.post("/api/v1/customers", &customer("a@example.com")).await?;
    process.wait_for_line("verified, not forwarded: ", PATIENCE).await?;
    let mut lines = 0;
    let third = |line: &str| {
        lines += u8::from(line.contains("not forwarded"));
        lines == 3
    };
    process.wait_for_line_where("a third attempt", PATIENCE, third).await?;
    Ok(())
}

#[tokio::test]
async fn where_loopback_may_not_be_called_it_says_what_to_do() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let address = format!("127.0.0.1:{}", harness::free_port());
    let process = switchyard(&["up", "--listen", &address]).current_dir(folder.path()).start()?;
    let line = process.wait_for_line("X-API-Key: pk_live_", PATIENCE).await?;
    let key = line.split('\'').find_map(|part| part.strip_prefix("X-API-Key: ")).context(line.clone())?;
    let url = format!("http://{address}/partner");
    let (code, log) = run(folder.path(), &["listen", "--url", &url, "--key", key]).await?;
    for part in
        ["switchyard up --sandbox", "SWITCHYARD_OUTBOUND_ALLOWED_NETWORKS", "the scheme must be https"]
    {
        ensure!(code == 1 && log.contains(part), "{part} is not in: {code}: {log}");
    }
    let (code, log) = run(folder.path(), &["listen", "--key", key, "--events", "customer.eaten"]).await?;
    ensure!(code == 2 && log.contains("customer.created"), "{code}: {log}");
    Ok(())
}
