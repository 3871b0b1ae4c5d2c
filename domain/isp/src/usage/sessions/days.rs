//! The days to which session growth is added.

use super::{
    Session,
    counters::{Growth, SessionCounters},
};
use crate::{
    charges::Zone,
    usage::{Day, Flow, LARGEST_FLOW, MOST_MBPS, MOST_SECONDS, MOST_SESSIONS},
};
use chrono::{DateTime, NaiveDate};
use entities::ids::{CustomerId, OrganizationId};
use platform::error::{Error, Result};
use std::collections::BTreeMap;

/// The earliest supported time in all time zones.
const EARLIEST: i64 = 946_771_200;

/// Days of customers.
pub(super) type Days = BTreeMap<(CustomerId, NaiveDate), Day>;

/// The growth, by organization, customer and day.
pub(super) fn days(
    grown: &[(&Session, &SessionCounters)],
    now: i64,
) -> Result<BTreeMap<OrganizationId, Days>> {
    let mut all: BTreeMap<OrganizationId, Days> = BTreeMap::new();
    for (session, counters) in grown {
        let zone: Zone = counters.time_zone.parse().map_err(Error::internal)?;
        let at = session.changed_at.clamp(EARLIEST, now.max(EARLIEST));
        let date = zone.date(DateTime::from_timestamp(at, 0).unwrap_or_default());
        let days = all.entry(counters.organization_id).or_default();
        let day =
            days.entry((counters.customer_id, date)).or_insert_with(|| nothing(counters.customer_id, date));
        count(day, &counters.growth(session), counters.ended.is_none());
    }
    Ok(all)
}

fn nothing(customer: CustomerId, day: NaiveDate) -> Day {
    let flow = Flow { peak_kbps: Some(0), ..Flow::default() };
    Day { customer, day, download: flow, upload: flow, sessions: 0, session_seconds: 0, outage_minutes: 0 }
}

/// Absurd counters of one NAS must not block the others.
fn count(day: &mut Day, growth: &Growth, is_new: bool) {
    let flow = |flow: &mut Flow, bytes: i64| {
        flow.bytes = flow.bytes.saturating_add(bytes).min(LARGEST_FLOW);
        let rate = (bytes / 125).checked_div(growth.seconds).unwrap_or_default();
        flow.peak_kbps = flow.peak_kbps.max(Some(rate.min(MOST_MBPS * 1000)));
    };
    flow(&mut day.download, growth.download);
    flow(&mut day.upload, growth.upload);
    day.session_seconds = day.session_seconds.saturating_add(growth.seconds).min(MOST_SECONDS);
    day.sessions = (day.sessions + i64::from(is_new)).min(MOST_SESSIONS);
}

#[cfg(test)]
mod tests {
    use super::*;
    use entities::ids::SubscriptionId;

    fn session(bytes: i64, seconds: i64, ended: bool) -> Session {
        Session {
            id: "s".into(),
            user: String::new(),
            download_bytes: bytes,
            upload_bytes: bytes / 2,
            seconds,
            changed_at: 1_790_000_000,
            ended,
        }
    }

    fn seen(before: Option<&Session>) -> SessionCounters {
        SessionCounters {
            id: "s".into(),
            subscription_id: SubscriptionId::new(),
            customer_id: CustomerId::new(),
            organization_id: OrganizationId::new(),
            time_zone: "UTC".into(),
            download_bytes: before.map(|it| it.download_bytes),
            upload_bytes: before.map(|it| it.upload_bytes),
            seconds: before.map(|it| it.seconds),
            ended: before.map(|it| it.ended),
        }
    }

    /// The only day of a session.
    fn day(session: &Session, counters: &SessionCounters, now: i64) -> Day {
        let days = days(&[(session, counters)], now).unwrap();
        *days.values().next().unwrap().values().next().unwrap()
    }

    #[test]
    fn only_growth_counts() {
        let (before, after) = (session(1_000_000, 60, false), session(9_000_000, 124, false));
        let first = day(&before, &seen(None), i64::MAX);
        assert_eq!((first.sessions, first.download.bytes, first.session_seconds), (1, 1_000_000, 60));
        let more = day(&after, &seen(Some(&before)), i64::MAX);
        assert_eq!((more.sessions, more.download.bytes, more.session_seconds), (0, 8_000_000, 64));
        assert_eq!((more.download.peak_kbps, more.upload.peak_kbps), (Some(1000), Some(500)));
    }

    #[test]
    fn what_was_seen_or_comes_late_is_no_news() {
        let (before, after) = (session(1_000_000, 60, false), session(9_000_000, 124, false));
        assert!(!seen(Some(&after)).is_news(&after) && !seen(Some(&after)).is_news(&before));
        assert!(seen(None).is_news(&session(0, 0, false)), "one that has begun");
        let over = session(9_000_000, 124, true);
        assert!(seen(Some(&after)).is_news(&over) && !seen(Some(&over)).is_news(&over));
    }

    #[test]
    fn a_mad_nas_cannot_make_a_day_that_is_refused() {
        for (bytes, seconds, changed_at, now) in [
            (i64::MAX, i64::MAX, i64::MAX, 1_790_000_000),
            (i64::MIN, i64::MIN, i64::MIN, 0),
            (i64::MAX, 0, 0, 0),
        ] {
            let mad = Session { changed_at, ..session(bytes, seconds, false) };
            assert_eq!(day(&mad, &seen(None), now).faults(), []);
        }
    }
}
