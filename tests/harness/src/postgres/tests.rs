use std::thread;

use super::*;
use crate::Process;

#[test]
fn committed_rows_survive_kill_restart_and_stop() {
    let postgres = Postgres::start().expect("starts");
    let url = postgres.create_database().expect("a database");
    let database = url.rsplit_once('/').expect("a path").1;
    postgres.sql(database, "CREATE TABLE t (n int); INSERT INTO t VALUES (1)").expect("insert");

    postgres.kill().expect("killed");
    assert!(postgres.sql(database, "SELECT 1").is_err(), "killed, but answers");
    postgres.start_again().expect("recovers");
    assert!(postgres.log().contains("redo"), "no crash to recover from:\n{}", postgres.log());

    postgres.sql(database, "INSERT INTO t VALUES (2)").expect("insert");
    postgres.restart().expect("restarts");
    assert!(!postgres.log().contains("redo"), "a crash:\n{}", postgres.log());
    assert_eq!(postgres.sql(database, "SELECT n FROM t ORDER BY n").expect("select"), "1\n2");
    assert_eq!(postgres.url(database), url);
}

#[test]
fn a_busy_server_is_killed_with_all_its_children() {
    let postgres = Postgres::start_with(&[("fsync", "off")]).expect("starts");
    let postgres = assert_dead_after(postgres, |postgres| {
        postgres.kill().expect("killed");
        postgres
    });
    postgres.kill().expect("killing twice is no error");
    postgres.start_again().expect("starts again");
    assert_dead_after(postgres, drop);
}

/// Ends the server while a backend is computing and does not notice it.
fn assert_dead_after<T>(postgres: Postgres, end: impl FnOnce(Postgres) -> T) -> T {
    let server = postgres.server().as_ref().expect("a server").pid();
    let busy = Process::builder(postgres.bin.join("psql"))
        .args(["--dbname", &postgres.url("postgres"), "--command"])
        .arg("DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$")
        .start()
        .expect("starts");
    block_until("the busy backend", PATIENCE, || {
        let query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %'";
        Ok((postgres.sql("postgres", query)? == "1").then_some(()))
    })
    .expect("a busy backend");
    let processes = children(server).expect("children");
    assert!(processes.len() > 3, "{processes:?}");

    let ended = end(postgres);
    let alive = |pid: &Pid| stat(*pid).is_some_and(|(state, _)| state != "Z");
    assert!(!processes.iter().any(alive), "{processes:?}");
    block_until("its client to end", PATIENCE, || Ok((!busy.is_running()).then_some(()))).expect("ends");
    ended
}

#[test]
fn databases_are_made_by_many_tests_at_once() {
    let postgres = Postgres::start().expect("starts");
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| postgres.create_database().expect("a database"));
        }
    });
    let count = "SELECT count(*) FROM pg_database WHERE datname LIKE 'test_%'";
    assert_eq!(postgres.sql("postgres", count).expect("count"), "8");
}

#[test]
fn the_server_keeps_its_promises_and_is_reachable_from_this_machine_only() {
    let postgres = Postgres::start_with(&[("work_mem", "5MB")]).expect("starts");
    let show = |name: &str| postgres.sql("postgres", &format!("SHOW {name}")).expect(name);
    assert_eq!(show("fsync"), "on");
    assert_eq!(show("listen_addresses"), "127.0.0.1");
    assert_eq!(show("max_connections"), "300");
    assert_eq!(show("shared_buffers"), "256MB");
    assert_eq!(show("work_mem"), "5MB");
    assert_eq!(show("server_encoding"), "UTF8");
}

#[test]
fn a_setting_that_postgres_refuses_is_told() {
    let error = Postgres::start_with(&[("no_such_setting", "1")]).expect_err("refused");
    assert!(format!("{error:#}").contains("no_such_setting"), "{error:#}");
}
