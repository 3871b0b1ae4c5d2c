//! The commands `outage` and `maintenance`.

use crate::cli::run;
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// A folder with a database that has the organization `default`.
async fn made() -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    done(folder.path(), &["key", "new", "--contract", "partner", "--name", "x", "--quiet"]).await?;
    Ok(folder)
}

/// What a command printed that has to go well.
async fn done(folder: &Path, args: &[&str]) -> Result<String> {
    let (code, log) = run(folder, args).await?;
    ensure!(code == 0, "{args:?}: {code}: {log}");
    Ok(log)
}

/// How a command failed.
async fn failed(folder: &Path, args: &[&str]) -> Result<(i32, String)> {
    let (code, log) = run(folder, args).await?;
    ensure!(code != 0, "{args:?}: {log}");
    Ok((code, log))
}

fn id(log: &str, prefix: &str) -> Result<String> {
    let found = log.split_whitespace().find(|word| word.starts_with(prefix));
    Ok(found.with_context(|| format!("no id: {log}"))?.to_owned())
}

#[tokio::test]
async fn an_outage_is_opened_followed_and_resolved() -> Result<()> {
    let folder = made().await?;
    let folder = folder.path();
    let open: &[_] = &["outage", "open", "--title", "Fiber cut", "--description", "A digger", "--area", "A"];
    let log = done(folder, &[open, &["--zip", "92025,92026", "--severity", "high"]].concat()).await?;
    assert!(log.contains("0 customers are affected"), "{log}");
    let id = id(&log, "outage_")?;
    let list = done(folder, &["outage", "list"]).await?;
    assert!(list.contains(&id) && list.contains("INVESTIGATING") && list.contains("HIGH"), "{list}");
    let log =
        done(folder, &["outage", "update", &id, "--message", "Found", "--status", "identified"]).await?;
    assert!(log.contains("is identified"), "{log}");
    done(folder, &["outage", "resolve", &id]).await?;
    let list = done(folder, &["outage", "list", "--status", "resolved"]).await?;
    assert!(list.contains(&id), "{list}");
    let (code, log) = failed(folder, &["outage", "resolve", &id]).await?;
    assert!(code == 1 && log.contains("already resolved"), "{code}: {log}");
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_an_outage_is_said() -> Result<()> {
    let folder = made().await?;
    let folder = folder.path();
    let open: &[_] = &["outage", "open", "--title", "Cut", "--description", "A digger", "--area", "A"];
    for (more, code, text) in [
        (&[][..], 2, "--zip"),
        (&["--zip", "9202"], 1, "five digits"),
        (&["--zip", "92025", "--severity", "grave"], 2, "low, medium, high, critical"),
        (&["--zip", "92025", "--organization", "nobody"], 1, "no organization named nobody"),
    ] {
        let (is, log) = failed(folder, &[open, more].concat()).await?;
        assert!(is == code && log.contains(text), "{more:?}: {is}: {log}");
    }
    let unknown = "outage_01JABCDEFGHJKMNPQRSTVWXYZ0";
    let (code, log) = failed(folder, &["outage", "update", unknown, "--message", "x"]).await?;
    assert!(code == 1 && log.contains("not found"), "{code}: {log}");
    Ok(())
}

#[tokio::test]
async fn a_window_is_planned_listed_and_called_off() -> Result<()> {
    let folder = made().await?;
    let folder = folder.path();
    let plan: &[_] = &["maintenance", "plan", "--title", "Upgrade", "--description", "New", "--area", "A"];
    let [start, end] = [24, 26].map(|hours| {
        let at = platform::Clock::system().now() + chrono::TimeDelta::hours(hours);
        at.to_rfc3339()
    });
    let log = done(folder, &[plan, &["--start", &start, "--end", &end]].concat()).await?;
    let id = id(&log, "maint_")?;
    let list = done(folder, &["maintenance", "list"]).await?;
    assert!(list.contains(&id) && list.contains("SCHEDULED"), "{list}");
    done(folder, &["maintenance", "cancel", &id]).await?;
    let list = done(folder, &["maintenance", "list"]).await?;
    assert!(!list.contains(&id), "{list}");
    let (code, log) = failed(folder, &["maintenance", "cancel", &id]).await?;
    assert!(code == 1 && log.contains("already cancelled"), "{code}: {log}");
    let (code, log) = failed(folder, &[plan, &["--start", &end, "--end", &start]].concat()).await?;
    assert!(code == 1 && log.contains("after the start"), "{code}: {log}");
    Ok(())
}
