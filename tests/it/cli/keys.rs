//! Keys of callers, and signing keys.

use super::{new_key, run, up};
use anyhow::{Context, Result, ensure};

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
        "`ops` must be an e-mail address",
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
