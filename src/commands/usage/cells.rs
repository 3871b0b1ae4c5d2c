//! Parses cells.

use chrono::NaiveDate;
use entities::ids::CustomerId;
use isp::usage::{Day, Flow};
use platform::error::{Fault, Field, FieldPath};
use uuid::Uuid;

/// The columns of a file, the required ones first.
pub(super) const COLUMNS: [&str; 11] = [
    "customer",
    "day",
    "downloadBytes",
    "uploadBytes",
    "peakDownloadMbps",
    "peakUploadMbps",
    "averageDownloadMbps",
    "averageUploadMbps",
    "sessions",
    "sessionSeconds",
    "outageMinutes",
];

/// The day of a row, or all faults of its cells.
pub(super) fn day<'a>(
    customer: Option<CustomerId>,
    cell: impl Fn(usize) -> &'a str,
) -> Result<Day, Vec<Fault>> {
    let mut faults = vec![];
    let mut noted = |column: usize, message: &str| faults.push(Fault::at(COLUMNS[column], message));
    if customer.is_none() {
        noted(0, "unknown customer");
    }
    let day = date(cell(1));
    if day.is_none() {
        noted(1, "must be a date: 2026-10-31");
    }
    let mut whole = |column: usize, needed: bool| match cell(column) {
        "" if !needed => 0,
        text => whole(text).unwrap_or_else(|| {
            noted(column, "must be a whole number");
            0
        }),
    };
    let (download, upload) = (whole(2, true), whole(3, true));
    let [sessions, session_seconds, outage_minutes] = [8, 9, 10].map(|column| whole(column, false));
    let mut rate = |column: usize| match cell(column) {
        "" => None,
        text => kbps(text).or_else(|| {
            noted(column, "must be a number with at most three places");
            None
        }),
    };
    let [down_peak, up_peak, down_average, up_average] = [4, 5, 6, 7].map(&mut rate);
    let read = Day {
        customer: customer.unwrap_or(CustomerId(Uuid::nil())),
        day: day.unwrap_or(SOME_DAY),
        download: Flow { bytes: download, peak_kbps: down_peak, average_kbps: down_average },
        upload: Flow { bytes: upload, peak_kbps: up_peak, average_kbps: up_average },
        sessions,
        session_seconds,
        outage_minutes,
    };
    faults.extend(read.faults().into_iter().map(|fault| Fault::at(column(&fault.field), fault.message)));
    if faults.is_empty() { Ok(read) } else { Err(faults) }
}

/// A valid one, instead of one that cannot be read.
const SOME_DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day of the calendar");

/// The column of a fault's field.
pub(super) fn column(path: &FieldPath) -> &str {
    let FieldPath::Domain(field) = path else { return path };
    match field {
        Field::DownloadBytes => COLUMNS[2],
        Field::UploadBytes => COLUMNS[3],
        Field::PeakDownload => COLUMNS[4],
        Field::PeakUpload => COLUMNS[5],
        Field::AverageDownload => COLUMNS[6],
        Field::AverageUpload => COLUMNS[7],
        Field::SessionSeconds => COLUMNS[9],
        Field::OutageMinutes => COLUMNS[10],
        other => other.as_str(),
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    text.parse().ok().filter(|_| text.len() == 10)
}

/// Only digits; an overflow is reported as too large for a day.
fn whole(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|sign| sign.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(i64::MAX))
}

/// Mbit/s with up to three decimals, as kbit/s.
fn kbps(text: &str) -> Option<i64> {
    let (before, after) = text.split_once('.').unwrap_or((text, "0"));
    if after.len() > 3 {
        return None;
    }
    let (mega, kilo) = (whole(before)?, whole(&format!("{after:0<3}"))?);
    Some(mega.saturating_mul(1000).saturating_add(kilo)).filter(|_| !after.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_cell_is_named() {
        let cells = ["x", "2026-02-30", "-1", "", "1.2345", "fast", "1.", ".5", "1.5", "ten", "0x1"];
        let faults = day(None, |column| cells[column]).unwrap_err();
        let mut named: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        named.sort_unstable();
        let mut all = COLUMNS.to_vec();
        all.sort_unstable();
        assert_eq!(named, all);
    }

    #[test]
    fn what_a_day_cannot_have_is_named_by_its_column() {
        let flow = Flow { bytes: -1, peak_kbps: Some(-1), average_kbps: Some(-1) };
        let day = Day {
            customer: CustomerId::new(),
            day: date("2126-02-28").unwrap(),
            download: flow,
            upload: flow,
            sessions: -1,
            session_seconds: -1,
            outage_minutes: -1,
        };
        let faults = day.faults();
        let mut named: Vec<_> = faults.iter().map(|fault| column(&fault.field)).collect();
        named.sort_unstable();
        let mut all = COLUMNS[1..].to_vec();
        all.sort_unstable();
        assert_eq!(named, all);
    }

    #[test]
    fn empty_cells_are_what_is_not_known() {
        let cells = ["x", "2026-02-28", "5", "6", "", "1.5", "0.25", "7", "", "", "3"];
        let day = day(Some(CustomerId::new()), |column| cells[column]).unwrap();
        assert_eq!(day.download, Flow { bytes: 5, peak_kbps: None, average_kbps: Some(250) });
        assert_eq!(day.upload, Flow { bytes: 6, peak_kbps: Some(1500), average_kbps: Some(7000) });
        assert_eq!((day.sessions, day.session_seconds, day.outage_minutes), (0, 0, 3));
    }

    #[test]
    fn a_number_without_an_end_is_too_large() {
        assert_eq!(whole("99999999999999999999999"), Some(i64::MAX));
        assert_eq!(kbps("99999999999999999999999.5"), Some(i64::MAX));
    }
}
