//! The command `coverage`.

use super::example;
use crate::cli::run;
use anyhow::{Result, ensure};
use std::path::Path;

async fn done(folder: &Path, args: &[&str]) -> Result<String> {
    let (code, log) = run(folder, args).await?;
    ensure!(code == 0, "{args:?}: {code}: {log}");
    Ok(log)
}

#[tokio::test]
async fn coverage_is_imported_and_listed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    done(folder, &["key", "new", "--contract", "partner", "--name", "x", "--quiet"]).await?;
    std::fs::write(folder.join("coverage.csv"), example())?;
    let log = done(folder, &["coverage", "import", "coverage.csv", "--dry-run"]).await?;
    ensure!(log.contains("nothing was written"), "{log}");
    let log = done(folder, &["coverage", "import", "coverage.csv"]).await?;
    let counted = |log: &str, name: &str| {
        let line = log.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
        line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(counted(&log, "areas"), ["4", "0", "0"], "the dry run wrote nothing: {log}");
    let list = done(folder, &["coverage", "list"]).await?;
    assert_eq!(counted(&list, "olt_esc_001"), ["Escondido", "Main", "Escondido", "5", "3", "2", "active"]);
    ensure!(
        list.contains("Escondido, CA 92026") && list.contains("RESIDENTIAL_100 RESIDENTIAL_500"),
        "{list}"
    );
    std::fs::write(
        folder.join("bad.csv"),
        example().replace("92025 92026", "2134").replace(",5,,,,", ",-5,,,,"),
    )?;
    let (code, log) = run(folder, &["coverage", "import", "bad.csv"]).await?;
    assert_eq!(code, 1, "{log}");
    for part in [
        "cannot import bad.csv: Invalid file: nothing was imported",
        "line 2, radius_miles: must be",
        "line 4, zip: 2134 is not",
    ] {
        ensure!(log.contains(part), "{part}: {log}");
    }
    std::fs::write(folder.join("header.csv"), example().lines().next().unwrap_or_default())?;
    done(folder, &["coverage", "import", "header.csv"]).await?;
    let (code, log) = run(folder, &["coverage", "import", "none.csv"]).await?;
    assert!(code == 1 && log.contains("cannot import none.csv"), "{code}: {log}");
    Ok(())
}

#[tokio::test]
async fn the_template_is_imported_and_columns_are_mapped() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    done(folder, &["key", "new", "--contract", "partner", "--name", "x", "--quiet"]).await?;
    let template = done(folder, &["coverage", "import", "--template"]).await?;
    assert_eq!(template.trim().lines().count(), 3, "{template}");
    std::fs::write(folder.join("template.csv"), &template)?;
    let log = done(folder, &["coverage", "import", "template.csv"]).await?;
    ensure!(log.contains("OLTs") && !log.contains("fault"), "{log}");
    let mapped = template.replace(',', ";").replacen("kind", "Art", 1).replacen("name", "Name der Stelle", 1);
    std::fs::write(folder.join("mapped.csv"), format!("{mapped}\n;;;;;;;;;;;;;;;\nolt;;;;;;;;;;;;;;;\n"))?;
    let map = ["--map", "art=kind", "--map", "Name der Stelle=name"];
    let (code, log) = run(folder, &[&["coverage", "import", "mapped.csv"][..], &map].concat()).await?;
    let last = mapped.trim_end().lines().count() + 3;
    ensure!(code == 1 && log.contains(&format!("line {last}, id: is required")), "{log}");
    ensure!(!log.contains("line 2") && !log.contains("line 3"), "{log}");
    Ok(())
}
