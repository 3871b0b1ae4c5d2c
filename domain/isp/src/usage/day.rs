//! The usage of a customer's day, and its limits.

use chrono::{Datelike, NaiveDate};
use entities::ids::CustomerId;
use platform::error::{Fault, Field};
use serde::Serialize;

/// Maximum number of bytes per day: 90 Gbit/s.
pub const LARGEST_FLOW: i64 = 1_000_000_000_000_000;
/// Maximum rate in Mbit/s.
pub const MOST_MBPS: i64 = 1_000_000;
/// Maximum number of sessions per day.
pub const MOST_SESSIONS: i64 = 1_000_000;
/// Maximum number of session seconds per day: a thousand sessions that last all day.
pub const MOST_SECONDS: i64 = 86_400_000;
/// Maximum number of outage minutes per day: a day may have 25 hours.
pub const MOST_OUTAGE: i64 = 1500;

const SECONDS: i64 = 86_400;

/// Usage in one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flow {
    /// Bytes.
    pub bytes: i64,
    /// Peak rate in kbit/s; default: the average.
    pub peak_kbps: Option<i64>,
    /// Average rate during sessions in kbit/s; default: the bytes divided by the session time, or by the day if that is
    /// unknown.
    pub average_kbps: Option<i64>,
}

/// The usage of a customer on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The customer.
    pub customer: CustomerId,
    /// The day in the organization's time zone.
    pub day: NaiveDate,
    /// To the customer.
    pub download: Flow,
    /// From the customer.
    pub upload: Flow,
    /// Number of sessions.
    pub sessions: i64,
    /// Total duration of sessions.
    pub session_seconds: i64,
    /// Minutes of outage.
    pub outage_minutes: i64,
}

/// The row of a day.
#[derive(Serialize)]
pub(super) struct Row {
    customer_id: CustomerId,
    day: NaiveDate,
    download_bytes: i64,
    upload_bytes: i64,
    peak_download_kbps: i64,
    peak_upload_kbps: i64,
    average_download_kbps: i64,
    average_upload_kbps: i64,
    sessions: i64,
    session_seconds: i64,
    outage_minutes: i64,
}

impl Flow {
    /// Peak and average in kbit/s.
    fn rates(self, session_seconds: i64) -> (i64, i64) {
        let seconds = if session_seconds > 0 { session_seconds } else { SECONDS };
        let made = (self.bytes / 125 / seconds).min(MOST_MBPS * 1000);
        let average = self.average_kbps.unwrap_or(made);
        (self.peak_kbps.unwrap_or(average), average)
    }
}

impl Day {
    /// Its faults, by field.
    pub fn faults(&self) -> Vec<Fault> {
        let whole = |(field, number, most): (Field, i64, i64)| {
            (!(0..=most).contains(&number)).then(|| Fault::field(field, format!("must be from 0 to {most}")))
        };
        let rate = |(field, kbps): (Field, Option<i64>)| {
            let wrong = kbps.is_some_and(|kbps| !(0..=MOST_MBPS * 1000).contains(&kbps));
            wrong.then(|| Fault::field(field, format!("must be from 0 to {MOST_MBPS}")))
        };
        let numbers = [
            (Field::DownloadBytes, self.download.bytes, LARGEST_FLOW),
            (Field::UploadBytes, self.upload.bytes, LARGEST_FLOW),
            (Field::Sessions, self.sessions, MOST_SESSIONS),
            (Field::SessionSeconds, self.session_seconds, MOST_SECONDS),
            (Field::OutageMinutes, self.outage_minutes, MOST_OUTAGE),
        ];
        let rates = [
            (Field::PeakDownload, self.download.peak_kbps),
            (Field::PeakUpload, self.upload.peak_kbps),
            (Field::AverageDownload, self.download.average_kbps),
            (Field::AverageUpload, self.upload.average_kbps),
        ];
        let year = (!(2000..2100).contains(&self.day.year()))
            .then(|| Fault::field(Field::Day, "must be from 2000-01-01 to 2099-12-31"));
        let faults = numbers.into_iter().filter_map(whole).chain(rates.into_iter().filter_map(rate));
        year.into_iter().chain(faults).collect()
    }
}

impl From<&Day> for Row {
    fn from(day: &Day) -> Self {
        let (peak_download_kbps, average_download_kbps) = day.download.rates(day.session_seconds);
        let (peak_upload_kbps, average_upload_kbps) = day.upload.rates(day.session_seconds);
        Self {
            customer_id: day.customer,
            day: day.day,
            download_bytes: day.download.bytes,
            upload_bytes: day.upload.bytes,
            peak_download_kbps,
            peak_upload_kbps,
            average_download_kbps,
            average_upload_kbps,
            sessions: day.sessions,
            session_seconds: day.session_seconds,
            outage_minutes: day.outage_minutes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_follows_from_the_bytes() {
        let flow = Flow { bytes: 10_800_000_000, ..Flow::default() };
        assert_eq!(flow.rates(0), (1000, 1000), "over the day");
        assert_eq!(flow.rates(43_200), (2000, 2000), "over its sessions");
        let measured = Flow { peak_kbps: Some(9000), ..flow };
        assert_eq!(measured.rates(0), (9000, 1000));
        assert_eq!(Flow { average_kbps: Some(5), ..measured }.rates(0), (9000, 5));
    }

    #[test]
    fn every_number_has_an_end() {
        let flow = Flow { bytes: -1, peak_kbps: Some(-1), average_kbps: Some(MOST_MBPS * 1000 + 1) };
        let bad = Day {
            customer: CustomerId::new(),
            day: NaiveDate::from_ymd_opt(1999, 12, 31).unwrap(),
            download: flow,
            upload: Flow { bytes: LARGEST_FLOW + 1, ..flow },
            sessions: MOST_SESSIONS + 1,
            session_seconds: -1,
            outage_minutes: MOST_OUTAGE + 1,
        };
        assert_eq!(bad.faults().len(), 10);
        let flow = Flow { bytes: LARGEST_FLOW, peak_kbps: Some(MOST_MBPS * 1000), average_kbps: None };
        let good = Day {
            day: NaiveDate::from_ymd_opt(2099, 12, 31).unwrap(),
            download: flow,
            upload: Flow::default(),
            sessions: MOST_SESSIONS,
            session_seconds: MOST_SECONDS,
            outage_minutes: MOST_OUTAGE,
            ..bad
        };
        assert_eq!(good.faults(), []);
    }
}
