//! Descriptions of invoice lines, in the organization's time zone.

use super::{Discount, Month, Promotion, TimeRange, Zone, money::to_the_cent};
use chrono::{DateTime, Utc};
use jiff::civil::{self, Time};

/// `Fiber 500, November 2026`, or of a part of the month
/// `Fiber 500, 12–30 November 2026 from 20:00: 18 days 4 h of 30 days`. Days are those of 24 hours.
pub(super) fn service(plan: &str, span: TimeRange, month: Month, zone: &Zone) -> String {
    let whole = month.span(zone);
    if span == whole {
        return format!("{plan}, {}", month.words());
    }
    let (from, to) = (zone.local(span.from), zone.local(span.to));
    let from_time = if span.from == whole.from { String::new() } else { time(" from", from) };
    // A range that ends at midnight ends with the day before.
    let until_time = if span.to == whole.to { String::new() } else { time(" until", to) };
    let last = zone.local(span.to - chrono::TimeDelta::seconds(1)).date();
    let days = if from.date() == last {
        format!("{}", last.day())
    } else {
        format!("{}–{}", from.date().day(), last.day())
    };
    let (of, month) = (length(whole), month.words());
    format!("{plan}, {days} {month}{from_time}{until_time}: {} of {of}", length(span))
}

/// `Promotion WINTER2026 (20 % off): Fiber 500, November 2026`.
pub(super) fn promotion(promotion: &Promotion, service: &str) -> String {
    let off = match promotion.discount {
        Discount::Percent(percent) => format!("{} %", percent.normalize()),
        Discount::Amount(amount) => format!("${} a month", to_the_cent(amount)),
    };
    format!("Promotion {} ({off} off): {service}", promotion.code)
}

/// `Activation of Fiber 500 on 12 November 2026`.
pub(super) fn activation(plan: &str, at: DateTime<Utc>, zone: &Zone) -> String {
    format!("Activation of {plan} on {}", zone.local(at).strftime("%-d %B %Y"))
}

/// A word and a time of day, with seconds unless zero; empty at midnight.
fn time(word: &str, at: civil::DateTime) -> String {
    match at.time() {
        midnight if midnight == Time::midnight() => String::new(),
        time if time.second() == 0 => format!("{word} {}", time.strftime("%H:%M")),
        time => format!("{word} {}", time.strftime("%H:%M:%S")),
    }
}

/// `18 days 4 h`, without zeros.
fn length(span: TimeRange) -> String {
    let seconds = span.seconds();
    let days = match seconds / 86_400 {
        1 => "1 day".into(),
        days => format!("{days} days"),
    };
    let (h, min, s) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let parts =
        [(seconds / 86_400, days), (h, format!("{h} h")), (min, format!("{min} min")), (s, format!("{s} s"))];
    let parts: Vec<_> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text).collect();
    parts.join(" ")
}
