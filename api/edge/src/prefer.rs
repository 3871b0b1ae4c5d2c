//! `Prefer: wait=N` (RFC 7240): how long the response may be delayed.

use std::time::Duration;

/// The requested time in whole seconds, at most `limit`. Invalid values are ignored, as the RFC requires.
pub fn wait(prefer: &str, limit: Duration) -> Option<Duration> {
    let preferences = prefer.split(',').filter_map(|one| one.split(';').next()?.split_once('='));
    let mut waits = preferences.filter(|(name, _)| name.trim().eq_ignore_ascii_case("wait"));
    let seconds = waits.next()?.1.trim().trim_matches('"').parse().ok()?;
    Some(Duration::from_secs(seconds).min(Duration::from_secs(limit.as_secs())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_is_found_and_bounded() {
        let seconds = |prefer| wait(prefer, Duration::from_secs(30)).map(|wait| wait.as_secs());
        assert_eq!(seconds("wait=20"), Some(20));
        assert_eq!(seconds("respond-async, Wait = \"5\"; x=1"), Some(5));
        assert_eq!(seconds("wait=100000"), Some(30));
        for nonsense in ["", "wait", "wait=", "wait=-1", "wait=soon", "return=minimal", "wait=1.5"] {
            assert_eq!(seconds(nonsense), None, "{nonsense}");
        }
    }
}
