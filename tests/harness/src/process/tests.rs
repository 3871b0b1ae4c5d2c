use super::*;

const SOON: Duration = Duration::from_secs(10);

/// A shell script as the program under test.
fn script(text: &str) -> Process {
    Process::builder("/bin/sh").args(["-c", text]).start().expect("starts")
}

#[tokio::test]
async fn lines_of_both_outputs_are_found_while_it_runs() {
    let process = script("echo starting; echo listening on 1 >&2; sleep 100");
    let line = process.wait_for_line("listening", SOON).await.expect("a line");
    assert_eq!(line, "listening on 1");
    let first = process.wait_for_line_where("s…", SOON, |line| line.starts_with('s')).await;
    assert_eq!(first.expect("an earlier line"), "starting");
    assert!(process.is_running());
}

#[tokio::test]
async fn a_last_line_without_its_end_counts_after_the_exit() {
    let process = script("printf done");
    assert_eq!(process.wait_for_line("done", SOON).await.expect("a line"), "done");
}

#[tokio::test]
async fn the_error_shows_the_end_of_the_log_on_exit_and_on_timeout() {
    let process = script("seq 1 60; exit 3");
    let error = format!("{:#}", process.wait_for_line("ready", SOON).await.expect_err("exits"));
    assert!(error.contains("exit status: 3") && error.contains("\n60"), "{error}");
    assert!(!error.contains("\n10\n") && error.contains("\n11\n"), "{error}");

    let process = script("echo waiting; sleep 100");
    let wait = Duration::from_millis(500);
    let error = format!("{:#}", process.wait_for_line("ready", wait).await.expect_err("times out"));
    assert!(error.contains("waiting") && error.contains("500ms"), "{error}");
}

#[tokio::test]
async fn it_ends_by_sigterm_with_its_own_status() {
    let process = script("trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done");
    process.wait_for_line("ready", SOON).await.expect("ready");
    process.sigterm().expect("sent");
    let status = process.wait_exit(SOON).await.expect("exits");
    assert_eq!(status.code(), Some(7));
    assert!(!process.is_running());
    assert!(process.sigterm().is_err(), "sent to a process that is gone");
}

#[tokio::test]
async fn it_dies_by_sigkill_even_when_stopped() {
    use std::os::unix::process::ExitStatusExt;
    let process = script("sleep 100; echo never");
    process.sigstop().expect("stopped");
    process.sigkill();
    let status = process.wait_exit(SOON).await.expect("dead");
    assert_eq!(status.signal(), Some(9));
}

#[tokio::test]
async fn its_environment_is_clean_and_its_folder_as_asked() {
    let process = Process::builder("/usr/bin/env").env("GIVEN", "1").current_dir("/").start();
    let process = process.expect("starts");
    process.wait_exit(SOON).await.expect("exits");
    let log = process.log();
    let names = log.lines().filter_map(|line| Some(line.split_once('=')?.0));
    let others = names.filter(|name| !["PATH", "HOME", "TMPDIR", "GIVEN", "_"].contains(name));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(log.contains("GIVEN=1"));

    let process = Process::builder("/bin/pwd").current_dir("/usr").start().expect("starts");
    assert_eq!(process.wait_for_line("/", SOON).await.expect("a folder"), "/usr");
}

#[test]
fn a_program_that_does_not_exist_is_named() {
    let error = Process::builder("/no/such/program").start().expect_err("not there");
    assert!(error.to_string().contains("/no/such/program"));
}

#[tokio::test]
async fn waiting_can_be_left_to_a_task() {
    let process = script("echo ready");
    let waiting = tokio::spawn(async move { process.wait_for_line("ready", SOON).await });
    assert_eq!(waiting.await.expect("no panic").expect("a line"), "ready");
}
