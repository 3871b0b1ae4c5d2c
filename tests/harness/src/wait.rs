//! Waiting for a condition, never for a fixed time; and free ports.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

/// The polling interval: well below the timeouts of tests, and long enough not to be busy waiting.
const POLL: Duration = Duration::from_millis(20);

/// Calls `attempt` every 20 ms until it returns `Some`.
///
/// Errors are retried (a server that is starting refuses connections). On `timeout`, the error has `what` and the last
/// error, and an attempt that hangs is aborted.
pub async fn until<T>(
    what: &str,
    timeout: Duration,
    mut attempt: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let mut last = None;
    let polling = async {
        loop {
            match attempt().await {
                Ok(Some(value)) => break value,
                Ok(None) => last = None,
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(POLL).await;
        }
    };
    match tokio::time::timeout(timeout, polling).await {
        Ok(value) => Ok(value),
        Err(_) => Err(timed_out(what, timeout, last)),
    }
}

/// [`until`] for a condition that is checked without waiting; here, an error is final. Unlike that of [`until`], the
/// future can be spawned.
pub(crate) async fn poll_until<T>(
    what: &str,
    timeout: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(value) = look()? {
            return Ok(value);
        }
        if Instant::now() >= deadline {
            return Err(timed_out(what, timeout, None));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// [`poll_until`] for code that is not async: the servers also start and stop outside of a runtime.
pub(crate) fn block_until<T>(
    what: &str,
    timeout: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(value) = look()? {
            return Ok(value);
        }
        if Instant::now() >= deadline {
            return Err(timed_out(what, timeout, None));
        }
        std::thread::sleep(POLL);
    }
}

fn timed_out(what: &str, timeout: Duration, last: Option<anyhow::Error>) -> anyhow::Error {
    let message = format!("gave up waiting for {what} after {timeout:?}");
    match last {
        Some(error) => error.context(message),
        None => anyhow!(message),
    }
}

/// Returns a loopback port that is free now and was not returned to this process before.
///
/// It is outside of the range that the kernel assigns to outgoing connections: a server that is down for a moment must
/// find its port free again, and a client that keeps connecting to a closed port of that range ends up connected to
/// itself.
///
/// # Panics
/// If a thousand attempts find no free port.
pub fn free_port() -> u16 {
    static GIVEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    (0..1000)
        .filter_map(|_| candidate())
        .find(|port| given.insert(*port))
        .unwrap_or_else(|| panic!("no free port on the loopback interface"))
}

/// A random port that can be bound, so that concurrent test processes rarely choose the same.
fn candidate() -> Option<u16> {
    static RANGE: LazyLock<Range<u16>> = LazyLock::new(quiet_ports);
    let ports = u64::from(RANGE.end - RANGE.start);
    let offset = RandomState::new().build_hasher().finish() % ports;
    let port = RANGE.start + u16::try_from(offset).ok()?;
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
    Some(port)
}

/// The larger of the ranges below and above the kernel's range.
fn quiet_ports() -> Range<u16> {
    let setting = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let bounds: Vec<u16> = setting
        .iter()
        .flat_map(|text| text.split_whitespace())
        .filter_map(|bound| bound.parse().ok())
        .collect();
    let (low, high) = match bounds[..] {
        [low, high] => (low, high),
        _ => (32_768, 60_999),
    };
    let (below, above) = (10_000..low.max(10_000), high..u16::MAX);
    let quiet = if below.len() >= above.len() { below } else { above };
    // The kernel uses nearly all ports: there is no choice.
    if quiet.len() < 1000 { 10_000..u16::MAX } else { quiet }
}

/// Returns the last lines of a log, for an error message.
pub(crate) fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    let start = lines.len().saturating_sub(50);
    lines[start..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn until_returns_the_value() {
        let mut calls = 0;
        let value = until("three calls", Duration::from_secs(5), async || {
            calls += 1;
            Ok((calls == 3).then_some(calls))
        });
        assert_eq!(value.await.expect("a value"), 3);
    }

    #[tokio::test]
    async fn until_names_what_and_the_last_error() {
        let wait = Duration::from_millis(50);
        let failed = until("the moon", wait, async || Err::<Option<()>, _>(anyhow!("clouds")));
        let error = format!("{:#}", failed.await.expect_err("never true"));
        assert!(error.contains("the moon after 50ms: clouds"), "{error}");
    }

    #[tokio::test]
    async fn until_cuts_off_an_attempt_that_hangs() {
        let wait = Duration::from_millis(50);
        let hung = until("a reply", wait, async || std::future::pending::<Result<Option<()>>>().await);
        assert!(hung.await.is_err());
    }

    #[test]
    fn ports_are_never_given_twice() {
        let ports: HashSet<u16> = (0..200).map(|_| free_port()).collect();
        assert_eq!(ports.len(), 200);
    }
}
