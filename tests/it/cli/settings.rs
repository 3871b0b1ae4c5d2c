//! Settings that are checked before anything runs, and commands that need none.

use super::{PATIENCE, run, switchyard};
use anyhow::{Result, ensure};
use harness::Process;
use std::path::Path;

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
async fn doctor_writes_nothing() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("other.db");
    let url = format!("sqlite://{}", file.display());
    for (content, code, said) in [("", 0, "other.db is empty"), ("a letter", 1, "is not an SQLite database")]
    {
        std::fs::write(&file, content)?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644))?;
        let process = switchyard(&["doctor"])
            .env("DATABASE_URL", &url)
            .env("SWITCHYARD_DATA", folder.path())
            .current_dir(folder.path())
            .start()?;
        assert_eq!(process.wait_exit(PATIENCE).await?.code(), Some(code), "{}", process.log());
        assert!(process.log().contains(said), "{}", process.log());
        assert_eq!(std::fs::read_to_string(&file)?, content);
        assert_eq!(file.metadata()?.permissions().mode() & 0o777, 0o644);
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 1);
    }
    Ok(())
}

/// What the system proposes is raised to what it allows; where that is little, it is said.
#[tokio::test]
async fn a_process_has_as_many_files_as_it_may() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for (limits, said) in
        [("ulimit -Sn 300; ulimit -Hn 5000", "5000 open files"), ("ulimit -n 300", "only 300 files")]
    {
        let command = format!("{limits} && exec {} doctor", env!("CARGO_BIN_EXE_switchyard"));
        let process =
            Process::builder("/bin/sh").args(["-c", &command]).current_dir(folder.path()).start()?;
        process.wait_exit(PATIENCE).await?;
        let log = process.log();
        assert!(log.contains(said), "{limits}: {log}");
    }
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
