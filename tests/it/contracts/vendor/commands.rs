//! `switchyard provisioner`.

use crate::cli::run;
use anyhow::{Context, Result, ensure};
use uuid::Uuid;

#[tokio::test]
async fn provisioners_are_made_with_their_twins_and_listed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let key = ["key", "new", "--contract", "vendor", "--name", "v", "--organization", "fiber", "--quiet"];
    let (code, log) = run(folder.path(), &key).await?;
    ensure!(code == 0, "{log}");
    let create = ["provisioner", "create", "--organization", "fiber", "--name", "Broadband"];
    let (code, made) = run(folder.path(), &create).await?;
    ensure!(code == 0, "{made}");
    let ids: Vec<_> = ids(&made).collect();
    ensure!(ids.len() == 2, "{made}");
    let (code, listed) = run(folder.path(), &["provisioner", "list", "--organization", "fiber"]).await?;
    ensure!(code == 0 && self::ids(&listed).eq(ids), "{listed}");
    ensure!(listed.contains("orders") && listed.contains("simulations"), "{listed}");
    let set =
        ["provisioner", "set", "--organization", "fiber", "--name", "Broadband", "--suspensions", "true"];
    let (code, set) = run(folder.path(), &set).await?;
    ensure!(code == 0 && set.matches("  yes").count() == 2 && listed.matches("  no").count() == 2, "{set}");
    let (code, log) = run(folder.path(), &create).await?;
    ensure!(code == 1 && log.contains("already"), "{code}: {log}");
    let (code, log) =
        run(folder.path(), &["provisioner", "create", "--organization", "x", "--name", "y"]).await?;
    ensure!(code == 1 && log.contains("there is no organization named x"), "{code}: {log}");
    let none = ["provisioner", "create", "--organization", "fiber", "--name", " "];
    let (code, log) = run(folder.path(), &none).await?;
    ensure!(code == 1 && log.contains("name"), "{code}: {log}");
    Ok(())
}

/// The ids at the beginning of lines.
fn ids(table: &str) -> impl Iterator<Item = Uuid> {
    let first = |line: &str| line.split_whitespace().next().context("a word")?.parse().context("a UUID");
    table.lines().filter_map(move |line| first(line).ok())
}
