//! The commands, as a person runs them.

use crate::app::csv;
use anyhow::{Context, Result, ensure};
use harness::{Process, until};
use serde_json::Value;
use std::{path::Path, time::Duration};

const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn switchyard(args: &[&str]) -> harness::ProcessBuilder {
    // Tests look more often than people do.
    let often = ("SWITCHYARD_PLANS_PARTNER_STARTER_MINUTE", "100000");
    // Those that are about something else begin with nothing.
    let empty = ("SWITCHYARD_SANDBOX_SEED", "false");
    Process::builder(env!("CARGO_BIN_EXE_switchyard")).args(args).envs(vec![often, empty])
}

/// Runs a command to its end in the folder; its exit code and all that it printed.
pub(crate) async fn run(folder: &Path, args: &[&str]) -> Result<(i32, String)> {
    let process = switchyard(args).current_dir(folder).start()?;
    let status = process.wait_exit(PATIENCE).await?;
    Ok((status.code().context("killed")?, process.log()))
}

/// An embedded platform with its data below the folder, and its address.
async fn up(folder: &Path) -> Result<(Process, String)> {
    let address = format!("127.0.0.1:{}", harness::free_port());
    let process = switchyard(&["up", "--listen", &address]).current_dir(folder).start()?;
    process.wait_for_line("listening on", PATIENCE).await?;
    Ok((process, address))
}

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

async fn new_key(folder: &Path) -> Result<String> {
    let (code, key) =
        run(folder, &["key", "new", "--contract", "partner", "--name", "test", "--quiet"]).await?;
    ensure!(code == 0 && key.starts_with("pk_live_") && key.trim().lines().count() == 1, "{code}: {key}");
    Ok(key.trim().to_owned())
}

#[tokio::test]
async fn import_exits_with_0_only_if_every_row_went_in() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_process, address) = up(folder.path()).await?;
    let (url, key) = (format!("http://{address}/partner"), new_key(folder.path()).await?);
    std::fs::write(folder.path().join("good.csv"), csv(1500))?;
    let import = |file: &'static str| {
        let (folder, url, key) = (folder.path(), url.clone(), key.clone());
        async move { run(folder, &["import", file, "--url", &url, "--key", &key]).await }
    };
    let (code, log) = import("good.csv").await?;
    ensure!(code == 0 && log.contains("1,500"), "{code}: {log}");
    ensure!(!folder.path().join("good.csv.errors.csv").exists());
    let (code, log) = import("good.csv").await?;
    ensure!(code == 1, "{code}: {log}");
    let errors = std::fs::read_to_string(folder.path().join("good.csv.errors.csv"))?;
    assert_eq!(errors.lines().count(), 1501, "all rows are there already");
    std::fs::write(folder.path().join("bad.csv"), csv(2).replace("lastName", "surname"))?;
    let (code, log) = import("bad.csv").await?;
    ensure!(code == 1 && log.contains("lastName"), "{code}: {log}");
    let (code, log) = import("missing.csv").await?;
    ensure!(code == 1 && log.contains("missing.csv"), "{code}: {log}");
    Ok(())
}

#[tokio::test]
async fn keys_are_listed_and_revoked() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let key = new_key(folder.path()).await?;
    let (code, list) = run(folder.path(), &["key", "list"]).await?;
    ensure!(code == 0 && list.contains("partner") && !list.contains(&key), "{code}: {list}");
    let id = list.split_whitespace().find(|word| word.starts_with("key_")).context("no id")?.to_owned();
    let (code, log) = run(folder.path(), &["key", "revoke", &id]).await?;
    ensure!(code == 0, "{code}: {log}");
    let (code, log) = run(folder.path(), &["key", "revoke", "key_01JABCDEFGHJKMNPQRSTVWXYZ0"]).await?;
    ensure!(code == 1 && log.contains("not found"), "{code}: {log}");
    Ok(())
}

#[tokio::test]
async fn keys_are_made_to_measure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let new = async |more: &[&str]| {
        run(folder.path(), &[&["key", "new", "--contract", "partner", "--name", "x"], more].concat()).await
    };
    let scopes: &[_] = &["--scope", "customers:read", "--scope", "bulk:read", "--network", "203.0.113.0/24"];
    let limits: &[_] = &[
        "--organization-email",
        "ops@acme.example",
        "--plan",
        "growth",
        "--expires",
        "2096-01-31T00:00:00Z",
        "--sandbox",
    ];
    let (code, log) = new(&[scopes, limits].concat()).await?;
    ensure!(code == 0 && log.contains("pk_test_"), "{code}: {log}");
    let (code, list) = run(folder.path(), &["key", "list"]).await?;
    for part in [
        "sandbox",
        "growth",
        "customers:read bulk:read",
        "203.0.113.0/24",
        "expires 2096-01-31",
        "never used",
    ] {
        ensure!(code == 0 && list.contains(part), "{part} is not in: {list}");
    }
    let wrong = [
        "--organization-email",
        "ops",
        "--scope",
        "customers:reed",
        "--plan",
        "gold",
        "--network",
        "nowhere",
        "--expires",
        "0s",
    ];
    let (code, log) = new(&wrong).await?;
    for part in [
        "`ops` is no e-mail address",
        "customers:reed",
        "customers:read",
        "gold",
        "starter",
        "nowhere",
        "future",
    ] {
        ensure!(code == 1 && log.contains(part), "{part} is not in: {code}: {log}");
    }
    let (code, log) = new(&["--expires", "soon"]).await?;
    ensure!(code == 2 && log.contains("90d"), "{code}: {log}");
    Ok(())
}

#[tokio::test]
async fn clients_are_made_and_their_signing_keys_rotated() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_process, address) = up(folder.path()).await?;
    let new = ["key", "new", "--contract", "vendor", "--name", "fulfilment"];
    let (code, log) = run(folder.path(), &new).await?;
    ensure!(
        code == 0 && log.contains("client_id      key_") && log.contains("client_secret  vs_live_"),
        "{log}"
    );
    let (_, pair) = run(folder.path(), &[&new[..], &["--quiet"]].concat()).await?;
    let (id, secret) = pair.trim().split_once(':').context("no pair")?;
    let token = reqwest::Client::new().post(format!("http://{address}/vendor/v1/token"));
    let token =
        token.basic_auth(id, Some(secret)).header("content-type", "application/x-www-form-urlencoded");
    let token = token.body("grant_type=client_credentials&audience=api://provisioning").send().await?;
    ensure!(token.status() == 200, "{}", token.text().await?);
    let (_, before) = run(folder.path(), &["signing-key", "list"]).await?;
    let old = before.split_whitespace().find(|word| word.starts_with("sig_")).context("no key")?;
    let (code, log) = run(folder.path(), &["signing-key", "rotate"]).await?;
    ensure!(code == 0 && log.starts_with("sig_") && !log.contains(old), "{code}: {log}");
    let (_, after) = run(folder.path(), &["signing-key", "list"]).await?;
    ensure!(after.contains("retired, verifies until") && after.contains(old), "{after}");
    Ok(())
}

#[tokio::test]
async fn jobs_are_listed_shown_and_cancelled() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_process, address) = up(folder.path()).await?;
    let key = new_key(folder.path()).await?;
    let upload = reqwest::Client::new().post(format!("http://{address}/partner/api/v1/bulk/customers/file"));
    let upload = upload.header("x-api-key", key).header("content-type", "text/csv");
    let answer: Value = upload.body(csv(10)).send().await?.json().await?;
    let id = answer["data"]["id"].as_str().context("no id")?.to_owned();
    until("the job has ended", PATIENCE, async || {
        let (_, shown) = run(folder.path(), &["jobs", "show", &id]).await?;
        Ok(shown.contains("succeeded").then_some(()))
    })
    .await?;
    let (code, list) = run(folder.path(), &["jobs", "list", "--kind", "bulk_import"]).await?;
    ensure!(code == 0 && list.contains(id.trim_start_matches("bulk_")), "{code}: {list}");
    let (code, log) = run(folder.path(), &["jobs", "cancel", &id]).await?;
    ensure!(log.contains("succeeded"), "{code}: an ended job cannot be cancelled: {log}");
    let (code, log) = run(folder.path(), &["jobs", "retry", &id]).await?;
    ensure!(code == 1 && log.contains("succeeded"), "{code}: {log}");
    Ok(())
}

#[tokio::test]
async fn wrong_settings_stop_the_start_and_are_all_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("s.toml"), "[worker]\nlease = \"soon\"\n[wroker]\npoll = \"1s\"\n")?;
    let process = switchyard(&["up", "--config", "s.toml"])
        .env("SWITCHYARD_HTTP_LISTEN", "nowhere")
        .env("SWITCHYARD_NONSENSE", "1")
        .current_dir(folder.path())
        .start()?;
    assert_eq!(process.wait_exit(PATIENCE).await?.code(), Some(2));
    let log = process.log();
    for part in [
        "worker.lease",
        "soon",
        "s.toml",
        "15s",
        "wroker",
        "http.listen",
        "SWITCHYARD_HTTP_LISTEN",
        "SWITCHYARD_NONSENSE",
    ] {
        assert!(log.contains(part), "{part} is not in: {log}");
    }
    Ok(())
}

#[tokio::test]
async fn doctor_masks_secrets_and_fails_when_something_is_away() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let port = harness::free_port();
    let process = switchyard(&["doctor"])
        .env("DATABASE_URL", format!("postgres://user:hunter2@127.0.0.1:{port}/none"))
        .env("SWITCHYARD_DATABASE_ACQUIRE_TIMEOUT", "1s")
        .current_dir(folder.path())
        .start()?;
    assert_eq!(process.wait_exit(PATIENCE).await?.code(), Some(1));
    let log = process.log();
    assert!(!log.contains("hunter2") && log.contains("DATABASE_URL") && log.contains("FAILED"), "{log}");
    Ok(())
}

#[tokio::test]
async fn the_printed_documents_are_the_committed_ones() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for contract in api::contracts() {
        let (code, printed) = run(folder.path(), &["openapi", contract]).await?;
        let file = format!("openapi/{contract}.json");
        let committed = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file))?;
        ensure!(code == 0 && printed == committed, "renew it: cargo run -- openapi {contract} > {file}");
    }
    Ok(())
}

#[tokio::test]
async fn serve_and_work_say_what_they_need() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for command in ["serve", "work"] {
        let (code, log) = run(folder.path(), &[command]).await?;
        ensure!(code == 2 && log.contains("DATABASE_URL") && log.contains("up"), "{code}: {log}");
    }
    Ok(())
}

#[tokio::test]
async fn explain_shows_what_a_request_did() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_process, address) = up(folder.path()).await?;
    let (url, key) = (format!("http://{address}/partner/api/v1"), new_key(folder.path()).await?);
    let client = reqwest::Client::new();
    let upload = client.post(format!("{url}/bulk/customers/file")).header("x-api-key", &key);
    let upload = upload.header("content-type", "text/csv").header("x-request-id", "the-upload").body(csv(60));
    let job: Value = upload.send().await?.json().await?;
    let id = job["data"]["id"].as_str().context("no id")?;
    until("the import has ended", PATIENCE, async || {
        let poll = client.get(format!("{url}/bulk/jobs/{id}")).header("x-api-key", &key).send().await?;
        Ok((!poll.json::<Value>().await?["data"]["completedAt"].is_null()).then_some(()))
    })
    .await?;
    let (code, tree) = run(folder.path(), &["explain", "the-upload"]).await?;
    assert_eq!(code, 0, "{tree}");
    for part in [
        "request the-upload",
        "partner POST /api/v1/bulk/customers/file of default, by key_",
        "customer.created  cust_",
        "and 11 more",
        "bulk_import  succeeded, attempt 1",
        "part job_",
    ] {
        assert!(tree.contains(part), "{part} in {tree}");
    }
    let list = client.get(format!("{url}/customers?limit=1")).header("x-api-key", &key).send().await?;
    let customer = list.json::<Value>().await?["data"][0]["id"].as_str().context("no id")?.to_owned();
    for other in [id, &customer] {
        assert_eq!(run(folder.path(), &["explain", other]).await?.1, tree, "by {other}");
    }
    let (code, said) = run(folder.path(), &["explain", "another-request"]).await?;
    assert!(code == 1 && said.contains("nothing is known of another-request"), "{code}: {said}");
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
    ensure!(code == 0 && log.contains("seeded before"), "{code}: {log}");
    let (code, log) = run(folder.path(), &["sandbox", "seed", "--organization", "acme", "--quiet"]).await?;
    ensure!(code == 0 && log.trim().starts_with("pk_test_"), "{code}: {log}");
    let (code, log) = run(folder.path(), &["sandbox", "seed", "--organization", "acme", "--quiet"]).await?;
    ensure!(code == 0 && log.trim().is_empty(), "{code}: {log}");
    Ok(())
}
