//! Dates and times in requests. Each accepts the other's format.

use super::text::text;
use chrono::{DateTime, NaiveDate, Utc};
use platform::clock;

text!(
    /// A time; see [`clock::moment`].
    Moment, { format: Some("date-time"), example: Some("2026-11-21T08:15:00Z".into()) }, is_moment
);

/// Whether the text is a time.
pub fn is_moment(text: &str) -> bool {
    clock::moment(text).is_some()
}

impl From<Moment> for DateTime<Utc> {
    fn from(moment: Moment) -> Self {
        // Validated when it was parsed.
        clock::moment(&moment.0).unwrap_or_default()
    }
}

/// The dates of these years, alone or at the start of an RFC 3339 time.
const PATTERN: &str = concat!(
    r"^((19[7-9][0-9]|20[0-9]{2})-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)",
    r"|02-(0[1-9]|1[0-9]|2[0-8]))|(19(72|76|8[048]|9[26])|20([02468][048]|[13579][26]))-02-29)",
    r"(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?$",
);

text!(
    /// A date of the years 1970 to 2099. For a time it is the date as written, in its own time zone.
    Date,
    {
        pattern: Some(PATTERN.into()),
        title: Some("a date of the years 1970 to 2099 such as 2026-10-31".into()),
        example: Some("2026-10-31".into())
    },
    is_date
);

/// The description of [`PATTERN`].
fn is_date(text: &str) -> bool {
    let (date, time) = text.split_at_checked(10).unwrap_or((text, ""));
    let in_range = |date: NaiveDate| ("1970-01-01"..="2099-12-31").contains(&date.to_string().as_str());
    clock::date(date).is_some_and(in_range) && (time.is_empty() || is_time(text, time))
}

fn is_time(text: &str, time: &str) -> bool {
    // The library accepts a space and lower case, and leap seconds.
    let is_plain = time.starts_with('T') && !time.contains(['z', ' ']) && !time.contains(":60");
    is_plain && DateTime::parse_from_rfc3339(text).is_ok()
}

impl From<Date> for NaiveDate {
    fn from(date: Date) -> Self {
        // Validated when it was parsed.
        date.0.get(..10).and_then(clock::date).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::compile;
    use poem_openapi::types::ParseFromParameter;
    use proptest::prelude::*;
    use serde_json::json;
    use std::sync::LazyLock;

    #[test]
    fn a_date_may_come_with_a_time() {
        let read = |text| Date::parse_from_parameter(text).ok().map(|date| NaiveDate::from(date).to_string());
        for good in
            ["2026-10-31", "2026-10-31T23:59:59Z", "2026-10-31T00:00:00+02:00", "2026-10-31T01:02:03.456Z"]
        {
            assert_eq!(read(good).as_deref(), Some("2026-10-31"), "{good}");
        }
        for bad in
            ["", "2026-10-32", "2026-1-1", "1969-12-31", "2100-01-01", "2026-10-31T", "2026-10-31x", "ä"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    static SCHEMA: LazyLock<jsonschema::Validator> =
        LazyLock::new(|| compile(&json!({ "pattern": PATTERN })).unwrap());

    proptest! {
        #[test]
        fn the_pattern_and_the_check_agree(text in prop_oneof![
            "(19[67]|20[09]|2[12]0)[0-9]-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]([.][0-9]{1,3})?(Z|[+-][0-2][0-9]:[0-6][0-9]))?",
            "20[0-9]{2}-02-29",
            ".{0,12}",
        ]) {
            prop_assert_eq!(is_date(&text), SCHEMA.is_valid(&text.clone().into()), "{}", text);
        }
    }
}
