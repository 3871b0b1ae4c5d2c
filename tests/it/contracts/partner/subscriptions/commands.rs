//! The commands `plan`, `promotion` and `organization`.

use crate::cli::run;
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// A folder with a database that has the organization `default`.
async fn made() -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    done(folder.path(), &["key", "new", "--contract", "partner", "--name", "x", "--quiet"]).await?;
    Ok(folder)
}

async fn done(folder: &Path, args: &[&str]) -> Result<String> {
    let (code, log) = run(folder, args).await?;
    ensure!(code == 0, "{args:?}: {code}: {log}");
    Ok(log)
}

async fn refused(folder: &Path, args: &[&str], expected: i32, text: &str) -> Result<()> {
    let (code, log) = run(folder, args).await?;
    ensure!(code == expected && log.contains(text), "{args:?}: {code}: {text} is not in {log}");
    Ok(())
}

#[tokio::test]
async fn plans_are_an_organizations_own_once_they_are_changed() -> Result<()> {
    let folder = made().await?;
    let folder = folder.path();
    let list = done(folder, &["plan", "list"]).await?;
    assert_eq!(list.lines().count(), 6, "{list}");
    assert_eq!(list.matches("everybody's").count(), 5, "{list}");
    let set = ["plan", "set", "residential-500", "--monthly", "59.90", "--upload", "50"];
    done(folder, &set).await?;
    done(folder, &["plan", "set", "RESIDENTIAL_500", "--name", "Fiber 500", "--provisioner", "radius"])
        .await?;
    let list = done(folder, &["plan", "list"]).await?;
    let own: Vec<_> = list.lines().filter(|line| line.ends_with("own")).collect();
    assert_eq!((own.len(), list.lines().count()), (1, 6), "{list}");
    for part in ["residential-500", "Fiber 500", "59.90", "49.00", "500", "50", "radius"] {
        assert!(own[0].contains(part), "{part} is not in {}", own[0]);
    }
    // Another organization keeps the default plans.
    done(folder, &["key", "new", "--contract", "partner", "--name", "x", "--quiet", "--organization", "b"])
        .await?;
    let theirs = done(folder, &["plan", "list", "--organization", "b"]).await?;
    assert!(theirs.contains("79.99") && !theirs.contains("own"), "{theirs}");
    Ok(())
}

#[tokio::test]
async fn further_plans_can_be_sold() -> Result<()> {
    let folder = made().await?;
    let folder = folder.path();
    let add = ["plan", "add", "voice-basic", "--rank", "10", "--name", "Voice", "--monthly", "9.90"];
    done(folder, &add).await?;
    refused(folder, &add, 1, "already").await?;
    refused(folder, &["plan", "add", "7-up", "--rank", "1"], 1, "capital letters").await?;
    refused(folder, &["plan", "add", "voice-free", "--rank", "11"], 1, "monthly: is required").await?;
    done(folder, &["plan", "set", "voice-basic", "--monthly", "8.90"]).await?;
    let plans = done(folder, &["plan", "list"]).await?;
    let last = plans.lines().last().unwrap_or_default();
    assert_eq!(last.split_whitespace().nth(1), Some("10"), "its rank: {plans}");
    done(folder, &["plan", "set", "VOICE_BASIC", "--rank", "-1"]).await?;
    let moved = done(folder, &["plan", "list"]).await?;
    let first = moved.lines().nth(1).unwrap_or_default();
    assert!(first.starts_with("voice-basic") && first.split_whitespace().nth(1) == Some("-1"), "{moved}");
    assert!(last.contains("voice-basic") && last.contains("8.90") && last.ends_with("own"), "{plans}");
    Ok(())
}

#[tokio::test]
async fn a_vendor_can_fulfil_a_plan() -> Result<()> {
    let folder = made().await?;
    let folder = folder.path();
    let key = ["key", "new", "--contract", "vendor", "--name", "x", "--quiet", "--organization", "cables"];
    done(folder, &key).await?;
    let made =
        done(folder, &["provisioner", "create", "--name", "Cables", "--organization", "cables"]).await?;
    let id = |what: &str| -> Option<String> {
        let line = made.lines().find(|line| line.split_whitespace().any(|word| word == what))?;
        line.split_whitespace().next().map(str::to_owned)
    };
    let (live, twin) = (id("orders").context("a live one")?, id("simulations").context("a twin")?);
    let set = ["plan", "set", "residential-500", "--provisioner", "vendor", "--vendor-provisioner"];
    refused(folder, &[&set[..], &[twin.as_str()]].concat(), 1, "for simulations").await?;
    done(folder, &[&set[..], &[live.as_str()]].concat()).await?;
    let list = done(folder, &["plan", "list"]).await?;
    assert!(list.lines().any(|line| line.contains("vendor") && line.ends_with("own")), "{list}");
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_plan_is_said() -> Result<()> {
    let folder = made().await?;
    let folder = folder.path();
    for (more, code, text) in [
        (&["gold"][..], 2, "switchyard: there is no plan gold: expected one of residential-100"),
        (&["business-1g", "--provisioner", "magic"], 2, "simulator, radius, vendor"),
        (&["business-1g", "--monthly", "cheap"], 2, "--monthly"),
        (&["business-1g", "--monthly=-1"], 1, "monthly"),
        (&["business-1g", "--activation", "1.999"], 1, "whole cents"),
        (&["business-1g", "--download", "0"], 1, "Mbit/s"),
        (&["business-1g", "--name", " "], 1, "must not be empty"),
        (&["business-1g", "--organization", "nobody"], 1, "there is no organization named nobody"),
        (&["business-1g", "--provisioner", "vendor"], 1, "switchyard provisioner list"),
        (&["business-1g", "--vendor-provisioner", "7"], 2, "--vendor-provisioner"),
    ] {
        refused(folder, &[&["plan", "set"], more].concat(), code, text).await?;
    }
    assert!(!done(folder, &["plan", "list"]).await?.contains("own"));
    Ok(())
}

#[tokio::test]
async fn promotion_codes_are_made_and_listed() -> Result<()> {
    let folder = made().await?;
    let folder = folder.path();
    let add = ["promotion", "add", "Winter2026", "--percent", "12.5", "--months", "3"];
    let dates = ["--from", "2026-11-01T00:00:00Z", "--until", "2027-01-01T00:00:00Z"];
    done(folder, &[&add[..], &dates].concat()).await?;
    done(folder, &["promotion", "add", "TEN", "--amount", "10.00"]).await?;
    let list = done(folder, &["promotion", "list"]).await?;
    for part in ["Winter2026", "12.5 %", "2026-11-01", "2027-01-01", "TEN", "$10.00", "any time"] {
        assert!(list.contains(part), "{part} is not in {list}");
    }
    for (more, code, text) in [
        (&["winter2026", "--percent", "5"][..], 1, "already"),
        (&["X"], 2, "--percent"),
        (&["X", "--percent", "5", "--amount", "5"], 2, "cannot be used with"),
        (&["X", "--percent", "101"], 1, "percentage"),
        (&["X", "--amount", "0"], 1, "takes nothing off"),
        (&["X", "--percent", "5", "--months", "0"], 2, "--months"),
        (&["a b", "--percent", "5"], 1, "without spaces"),
        (
            &["X", "--percent", "5", "--from", "2027-01-01T00:00:00Z", "--until", "2027-01-01T00:00:00Z"],
            1,
            "until",
        ),
    ] {
        refused(folder, &[&["promotion", "add"], more].concat(), code, text).await?;
    }
    assert_eq!(done(folder, &["promotion", "list"]).await?, list);
    Ok(())
}

#[tokio::test]
async fn an_organization_has_a_time_zone() -> Result<()> {
    let folder = made().await?;
    let folder = folder.path();
    for _ in 0..2 {
        let log = done(folder, &["organization", "time-zone", "America/New_York"]).await?;
        assert!(log.contains("default") && log.contains("America/New_York"), "{log}");
    }
    refused(folder, &["organization", "time-zone", "Mars/Olympus"], 2, "such as America/New_York").await
}
