//! The usage of a month.

use crate::charges::{Month, Zone};
use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;

/// A rate in either direction, in kbit/s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// To the customer.
    pub download: i64,
    /// From the customer.
    pub upload: i64,
}

/// The sum over the days of a month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct Used {
    /// To the customer, in bytes.
    pub download_bytes: i64,
    /// From the customer, in bytes.
    pub upload_bytes: i64,
    peak_download: i64,
    peak_upload: i64,
    weighted_download: i64,
    weighted_upload: i64,
    weight: i64,
    /// Sessions.
    pub sessions: i64,
    /// Seconds of all sessions together.
    pub session_seconds: i64,
    /// Minutes of outage.
    pub outage_minutes: i64,
}

impl Used {
    /// The maximum of the days' peaks.
    pub const fn peak(&self) -> Rates {
        Rates { download: self.peak_download, upload: self.peak_upload }
    }

    /// The days' averages, weighted by session time.
    pub fn average(&self) -> Rates {
        let of = |weighted: i64| weighted / self.weight.max(1);
        Rates { download: of(self.weighted_download), upload: of(self.weighted_upload) }
    }
}

/// The number of elapsed minutes of a month.
pub(super) fn minutes(month: Month, zone: &Zone, now: DateTime<Utc>) -> i64 {
    let span = month.span(zone);
    (span.to.min(now) - span.from).num_minutes().max(0)
}

/// SQL that sums the days of months: rows with `place`, `begins` and `ends` (exclusive), of the customer `$2`. Days
/// with unknown session time have nearly no weight among others, and equal weight among themselves.
pub(super) const SUMS: &str = "
select
  cast(coalesce(sum(download_bytes), 0) as bigint) as download_bytes,
  cast(coalesce(sum(upload_bytes), 0) as bigint) as upload_bytes,
  coalesce(max(peak_download_kbps), 0) as peak_download,
  coalesce(max(peak_upload_kbps), 0) as peak_upload,
  cast(coalesce(sum(average_download_kbps * case when session_seconds > 0 then session_seconds when session_seconds = 0 then 1 end), 0)
    as bigint) as weighted_download,
  cast(coalesce(sum(average_upload_kbps * case when session_seconds > 0 then session_seconds when session_seconds = 0 then 1 end), 0)
    as bigint) as weighted_upload,
  cast(coalesce(sum(case when session_seconds > 0 then session_seconds when session_seconds = 0 then 1 end), 0) as bigint) as weight,
  cast(coalesce(sum(sessions), 0) as bigint) as sessions,
  cast(coalesce(sum(session_seconds), 0) as bigint) as session_seconds,
  cast(coalesce(sum(outage_minutes), 0) as bigint) as outage_minutes
from {rows} left join usage_days on customer_id = $2 and day >= r.begins and day < r.ends
group by r.place order by r.place";

#[cfg(test)]
mod tests {
    #[test]
    fn a_month_has_as_many_minutes_as_its_clocks_ran() {
        let minutes = |month: &str, zone: &str, now: &str| {
            super::minutes(month.parse().unwrap(), &zone.parse().unwrap(), now.parse().unwrap())
        };
        let later = "2027-01-01T12:00:00Z";
        assert_eq!(minutes("2026-11", "UTC", later), 30 * 1440);
        assert_eq!(minutes("2026-11", "America/New_York", later), 30 * 1440 + 60);
        assert_eq!(minutes("2026-03", "America/New_York", later), 31 * 1440 - 60);
        assert_eq!(minutes("2026-11", "America/New_York", "2026-11-01T05:00:00Z"), 60, "so far");
        assert_eq!(minutes("2027-02", "UTC", later), 0, "not yet");
    }
}
