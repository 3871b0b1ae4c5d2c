//! The first start and later ones.

use super::{PATIENCE, new_key, run, switchyard, up};
use crate::app::csv;
use anyhow::{Context, Result, ensure};
use harness::until;
use migration::{Migrator, MigratorTrait};
use serde_json::Value;
use std::time::Duration;

#[tokio::test]
async fn demo_imports_a_hundred_customers_and_leaves_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (code, log) = run(folder.path(), &["demo"]).await?;
    ensure!(code == 0, "{code}: {log}");
    for part in
        ["100 deliveries arrived, all signatures verified", "webhook-signature: v1,", "x-swell-signature: t="]
    {
        ensure!(log.contains(part), "{part} is not in: {log}");
    }
    let json = log.find("\n{").context("no JSON")?;
    let status: Value =
        serde_json::Deserializer::from_str(&log[json..]).into_iter().next().context("no JSON")??;
    assert_eq!(
        (&status["data"]["status"], &status["data"]["progress"]["succeeded"]),
        (&"COMPLETED".into(), &100.into())
    );
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
    Ok(())
}

#[tokio::test]
async fn up_prints_a_key_and_a_curl_line_that_works_and_says_so_once() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (process, address) = up(folder.path()).await?;
    let line = process.wait_for_line("curl ", PATIENCE).await?;
    let curl = std::process::Command::new("sh").args(["-c", line.trim()]).output()?;
    let answer: Value = serde_json::from_slice(&curl.stdout).context(line)?;
    assert_eq!(answer["success"], true, "{answer}");
    process.sigterm()?;
    let status = process.wait_exit(Duration::from_secs(10)).await?;
    ensure!(status.success(), "{status}: {}", process.log());
    let told: Vec<_> = process
        .log()
        .lines()
        .filter(|line| line.contains("igrat") || line.contains("database"))
        .map(str::to_owned)
        .collect();
    let steps = format!("database ready: {} steps", Migrator::migrations().len());
    ensure!(told.len() == 1 && told[0].contains(&steps), "{told:?}");
    let again = switchyard(&["up", "--listen", &address]).current_dir(folder.path()).start()?;
    again.wait_for_line("listening on", PATIENCE).await?;
    ensure!(!again.log().contains("pk_live_"), "{}", again.log());
    Ok(())
}

#[tokio::test]
async fn a_killed_embedded_platform_goes_on_where_it_stopped() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (process, address) = up(folder.path()).await?;
    let key = new_key(folder.path()).await?;
    let url = format!("http://{address}/partner/api/v1/bulk");
    let client = reqwest::Client::new();
    let upload = client.post(format!("{url}/customers/file")).header("x-api-key", &key);
    let answer: Value =
        upload.header("content-type", "text/csv").body(csv(20_000)).send().await?.json().await?;
    let id = answer["data"]["id"].as_str().context("no id")?.to_owned();
    process.sigkill();
    let _process = switchyard(&["up", "--listen", &address]).current_dir(folder.path()).start()?;
    let ended = until("the import has ended", PATIENCE, async || {
        let poll = client.get(format!("{url}/jobs/{id}")).header("x-api-key", &key).send().await;
        let Ok(answer) = poll else { return Ok(None) };
        Ok(answer.json::<Value>().await.ok().filter(|job| !job["data"]["completedAt"].is_null()))
    })
    .await?;
    assert_eq!(
        (&ended["data"]["status"], &ended["data"]["progress"]["succeeded"]),
        (&"COMPLETED".into(), &20_000.into())
    );
    let list = client.get(format!("http://{address}/partner/api/v1/customers")).header("x-api-key", &key);
    assert_eq!(list.send().await?.json::<Value>().await?["pagination"]["total"], 20_000);
    Ok(())
}

#[tokio::test]
async fn the_first_start_makes_a_sandbox_and_later_ones_leave_it_alone() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let address = format!("127.0.0.1:{}", harness::free_port());
    let up = switchyard(&["up", "--listen", &address]).env("SWITCHYARD_SANDBOX_SEED", "true");
    let process = up.current_dir(folder.path()).start()?;
    let key = process.wait_for_line("  pk_test_", PATIENCE).await?;
    let caller = crate::app::Caller::new(&format!("http://{address}/partner"), key.trim())?;
    let found = caller.get("/api/v1/customers?limit=1").await?.json();
    ensure!(found["pagination"]["total"] == 100, "{found}");
    let (code, log) = run(folder.path(), &["sandbox", "seed"]).await?;
    ensure!(code == 0 && log.contains("already seeded"), "{code}: {log}");
    let (code, log) = run(folder.path(), &["sandbox", "seed", "--organization", "acme", "--quiet"]).await?;
    ensure!(code == 0 && log.trim().starts_with("pk_test_"), "{code}: {log}");
    let (code, log) = run(folder.path(), &["sandbox", "seed", "--organization", "acme", "--quiet"]).await?;
    ensure!(code == 0 && log.trim().is_empty(), "{code}: {log}");
    Ok(())
}
