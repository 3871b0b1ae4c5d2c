//! Tests that a killed test process leaves nothing behind.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use super::*;
use crate::{Postgres, Process, RedisServer};

const VICTIM: &str = "HARNESS_TEST_VICTIM";
const SOON: Duration = Duration::from_secs(20);

/// Not a test on its own: `nothing_outlives_a_killed_test_process` starts and kills it.
#[test]
fn victim() {
    if std::env::var_os(VICTIM).is_none() {
        return;
    }
    let postgres = Postgres::start().expect("postgres");
    let _redis = RedisServer::start().expect("redis");
    let script = "trap '' HUP INT TERM; sleep 1000 & while :; do sleep 1000; done";
    let _process = Process::builder("/bin/sh").args(["-c", script]).start().expect("process");
    // A backend that computes does not notice the end of its server.
    std::thread::scope(|scope| {
        scope.spawn(|| postgres.sql("postgres", "DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$"));
        block_until("the busy backend", SOON, || {
            let busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %'";
            Ok((postgres.sql("postgres", busy)? == "1").then_some(()))
        })
        .expect("a busy backend");
        println!("\nVICTIM READY");
        loop {
            std::thread::park();
        }
    });
}

#[test]
fn nothing_outlives_a_killed_test_process() {
    let folder = tempfile::tempdir().expect("a folder");
    // The other user must be able to pass through to its own folder.
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("permissions");
    let mut victim = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "watchdog::tests::victim", "--nocapture"])
        .env(VICTIM, "1")
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let lines = BufReader::new(victim.stdout.take().expect("output")).lines();
    let ready = lines.map_while(Result::ok).any(|line| line == "VICTIM READY");
    let living = || living_with(&format!("TMPDIR={}", folder.path().display()));
    let all_there = block_until("all processes of the victim", SOON, || {
        let processes = living();
        let count = |name: &str| processes.iter().filter(|process| *process == name).count();
        // The script, the watchdogs of the three servers and programs, and the janitor are shells.
        let expected = [("postgres", 7), ("redis-server", 1), ("psql", 1), ("sleep", 2), ("sh", 5)];
        Ok(expected.iter().all(|(name, least)| count(name) >= *least).then_some(()))
    });

    victim.kill().expect("killed");
    victim.wait().expect("dead");
    assert!(ready, "the victim did not get ready");
    all_there.expect("all there");
    block_until("the victim to leave nothing behind", SOON, || {
        let left = std::fs::read_dir(folder.path())?.count();
        Ok((living().is_empty() && left == 0).then_some(()))
    })
    .expect("all dead, and the folder empty");
}

#[test]
fn dropping_kills_the_whole_group_and_removes_the_folder() {
    let scratch = Scratch::new("harness-test-", None).expect("a folder");
    let path = scratch.path().to_owned();
    let marker = format!("MARKER={}", path.display());
    let child = Leashed::start(Path::new("/bin/sh"), |command| {
        let script = "sleep 1000 & echo $!; sleep 1000";
        command.args(["-c", script]).env("MARKER", &path).current_dir(&path);
    })
    .expect("starts");
    block_until("the script and its children", SOON, || Ok((living_with(&marker).len() >= 4).then_some(())))
        .expect("the shell, two sleeps, the watchdog");
    drop(child);
    block_until("all to die", SOON, || Ok(living_with(&marker).is_empty().then_some(()))).expect("all dead");
    drop(scratch);
    assert!(!path.exists());
}

/// The names of the processes that have a variable in their environment, or have their working directory in the folder
/// that the variable names, because PostgreSQL overwrites its environment with a title. Dead processes have neither.
fn living_with(variable: &str) -> Vec<String> {
    let (_, folder) = variable.split_once('=').expect("a variable");
    let entries = std::fs::read_dir("/proc").expect("processes");
    let pids = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let alive = pids.filter(|process| {
        let environment = std::fs::read(process.join("environ")).unwrap_or_default();
        let inside = std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
        inside || environment.split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes())
    });
    alive
        .filter_map(|process| Some(std::fs::read_to_string(process.join("comm")).ok()?.trim().into()))
        .collect()
}
