//! What customers use.

use crate::schema::envelope::envelope;
use edge::types::Time;
use entities::ids::CustomerId;
use isp::{
    charges::TimeRange,
    usage::{Past, Rates, Used},
};
use poem_openapi::Object;

/// A billing period: a month in the organization's time zone.
#[derive(Debug, Object)]
pub struct UsagePeriod {
    /// Start.
    pub start: Time,
    /// End (exclusive).
    pub end: Time,
}

/// Data transferred.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct UsageData {
    /// Downloaded data in GB (10^9 bytes).
    #[oai(rename = "downloadGB")]
    pub download: f64,
    /// Uploaded data in GB (10^9 bytes).
    #[oai(rename = "uploadGB")]
    pub upload: f64,
    /// Peak rate, in Mbps.
    pub peak_download_mbps: f64,
    /// Peak rate, in Mbps.
    pub peak_upload_mbps: f64,
    /// Average rate over all sessions, in Mbps.
    pub average_download_mbps: f64,
    /// Average rate over all sessions, in Mbps.
    pub average_upload_mbps: f64,
}

/// Sessions of a customer.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct UsageSessions {
    /// Number of sessions.
    pub total: i64,
    /// Average duration in minutes.
    pub average_duration_minutes: f64,
}

/// Usage of a customer in the current billing period.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Usage {
    /// Customer ID.
    pub customer_id: String,
    /// Billing period.
    pub period: UsagePeriod,
    /// Data transferred.
    #[oai(rename = "usage")]
    pub data: UsageData,
    /// Sessions.
    pub sessions: UsageSessions,
}

envelope!(
    /// Usage of a customer in the current billing period.
    UsageResponse,
    /// The usage.
    Usage
);

/// Usage of a customer in one month.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct UsageMonth {
    /// Month, such as `2026-10`.
    #[oai(validator(pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$"))]
    pub period: String,
    /// Data transferred.
    #[oai(flatten)]
    pub usage: UsageData,
    /// Uptime as a percentage of the minutes elapsed.
    pub uptime: f64,
    /// Minutes of outage.
    pub outage_minutes: i64,
}

/// Totals over all months.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct UsageSummary {
    /// Downloaded data in GB (10^9 bytes).
    #[oai(rename = "totalDownloadGB")]
    pub download: f64,
    /// Uploaded data in GB (10^9 bytes).
    #[oai(rename = "totalUploadGB")]
    pub upload: f64,
    /// Uptime over all minutes of all months.
    pub average_uptime: f64,
    /// Total minutes of outage.
    pub total_outage_minutes: i64,
}

/// Monthly usage of a customer.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct UsageHistory {
    /// Customer ID.
    pub customer_id: String,
    /// Number of months.
    pub period_months: u16,
    /// Last day of the range, such as `2026-10-31`; its month is the last one.
    pub end_date: String,
    /// The months, oldest first, including those without usage.
    pub history: Vec<UsageMonth>,
    /// Totals.
    pub summary: UsageSummary,
}

envelope!(
    /// Monthly usage of a customer.
    UsageHistoryResponse,
    /// The months.
    UsageHistory
);

impl Usage {
    /// Of a customer in a period.
    pub fn new(customer: CustomerId, period: TimeRange, used: &Used) -> Self {
        Self {
            customer_id: customer.to_string(),
            period: UsagePeriod { start: Time(period.from), end: Time(period.to) },
            data: used.into(),
            sessions: UsageSessions {
                total: used.sessions,
                average_duration_minutes: places(ratio(used.session_seconds, used.sessions * 60), 100.0),
            },
        }
    }
}

impl UsageHistory {
    /// Of a customer in these months.
    pub fn new(customer: CustomerId, end_date: String, months: &[Past]) -> Self {
        let sum = |of: fn(&Past) -> i64| months.iter().map(of).sum::<i64>();
        let outage_minutes = sum(|month| month.used.outage_minutes);
        Self {
            customer_id: customer.to_string(),
            period_months: u16::try_from(months.len()).unwrap_or(u16::MAX),
            end_date,
            history: months.iter().map(Into::into).collect(),
            summary: UsageSummary {
                download: gigabytes(sum(|month| month.used.download_bytes)),
                upload: gigabytes(sum(|month| month.used.upload_bytes)),
                average_uptime: uptime(sum(|month| month.minutes), outage_minutes),
                total_outage_minutes: outage_minutes,
            },
        }
    }
}

impl From<&Past> for UsageMonth {
    fn from(past: &Past) -> Self {
        Self {
            period: past.month.to_string(),
            usage: (&past.used).into(),
            uptime: uptime(past.minutes, past.used.outage_minutes),
            outage_minutes: past.used.outage_minutes,
        }
    }
}

impl From<&Used> for UsageData {
    fn from(used: &Used) -> Self {
        let (peak, average): (Rates, Rates) = (used.peak(), used.average());
        let mbps = |kbps| ratio(kbps, 1000);
        Self {
            download: gigabytes(used.download_bytes),
            upload: gigabytes(used.upload_bytes),
            peak_download_mbps: mbps(peak.download),
            peak_upload_mbps: mbps(peak.upload),
            average_download_mbps: mbps(average.download),
            average_upload_mbps: mbps(average.upload),
        }
    }
}

/// To three places.
fn gigabytes(bytes: i64) -> f64 {
    places(ratio(bytes, 1_000_000_000), 1000.0)
}

/// Of a hundred, to two places. Where no minute is over, none was bad.
fn uptime(minutes: i64, outage: i64) -> f64 {
    if minutes == 0 { 100.0 } else { places(ratio((minutes - outage).max(0), minutes) * 100.0, 100.0) }
}

/// Nothing of nothing is nothing.
#[allow(clippy::cast_precision_loss, reason = "fifteen digits are more than are shown")]
fn ratio(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn places(number: f64, unit: f64) -> f64 {
    (number * unit).round() / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_as_people_read_them() {
        let sizes = [245_700_400_000, 1_500_000, 0].map(|bytes| gigabytes(bytes).to_string());
        assert_eq!(sizes, ["245.7", "0.002", "0"]);
        let minutes = [(0, 0), (100, 0), (43_200, 18), (60, 90)];
        assert_eq!(minutes.map(|(all, bad)| uptime(all, bad).to_string()), ["100", "100", "99.96", "0"]);
    }
}
