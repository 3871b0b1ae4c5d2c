//! Histories to test with: written out, or any at all.

use crate::charges::{
    Activation, Change, Charges, Discount, History, Kind, Month, Plan, Promotion, Zone, charges, from_cents,
};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use rust_decimal::Decimal;

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

pub(super) fn month(text: &str) -> Month {
    text.parse().unwrap()
}

pub(super) fn usd(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(super) fn plan(name: &str, price: &str) -> Plan {
    Plan { name: name.into(), price: usd(price) }
}

pub(super) fn activated(time: &str, name: &str, price: &str) -> Change {
    let activation = Activation { plan: plan(name, price), fee: Decimal::ZERO, promotion: None };
    Change { at: at(time), kind: Kind::Activated(activation) }
}

pub(super) fn changed(time: &str, name: &str, price: &str) -> Change {
    Change { at: at(time), kind: Kind::Changed { plan: plan(name, price), prorate: true } }
}

pub(super) fn change(time: &str, kind: Kind) -> Change {
    Change { at: at(time), kind }
}

pub(super) fn history(changes: impl Into<Vec<Change>>) -> History {
    History::new(changes.into()).unwrap()
}

/// Words and amounts of the lines.
fn lines(charges: &Charges) -> Vec<(&str, String)> {
    charges.lines.iter().map(|line| (line.words.as_str(), line.amount.to_string())).collect()
}

fn owned(expected: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    expected.iter().map(|(words, amount)| (*words, (*amount).into())).collect()
}

/// Checks words and amounts of a month's lines.
#[track_caller]
pub(super) fn assert_lines(
    history: &History,
    month_of: &str,
    zone_of: &str,
    expected: &[(&'static str, &str)],
) {
    assert_eq!(lines(&charges(history, month(month_of), &zone(zone_of))), owned(expected), "{month_of}");
}

/// Zones that differ from what one expects of a zone: halves and quarters of hours, changes of half an hour,
/// of a day, and at midnight of a month's first day.
const ZONES: &[&str] = &[
    "UTC",
    "America/New_York",
    "America/St_Johns",
    "America/Asuncion",
    "America/Havana",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
];

pub(super) fn zones() -> impl Strategy<Value = Zone> {
    prop::sample::select(ZONES).prop_map(zone)
}

/// How long until the next change.
#[derive(Debug, Clone)]
enum Wait {
    Seconds(i64),
    NextMonth,
}

fn waits() -> impl Strategy<Value = Wait> {
    prop_oneof![
        1 => Just(Wait::Seconds(0)),
        2 => (1i64..100).prop_map(Wait::Seconds),
        4 => (1i64..2_000_000).prop_map(Wait::Seconds),
        2 => (1i64..12_000_000).prop_map(Wait::Seconds),
        1 => Just(Wait::NextMonth),
    ]
}

fn plans() -> impl Strategy<Value = Plan> {
    let cents = prop_oneof![Just(0i64), 1i64..100, 1000i64..20_000, Just(100_000_000)];
    (prop::sample::select(vec!["A", "B", "C"]), cents)
        .prop_map(|(name, cents)| Plan { name: name.into(), price: from_cents(cents) })
}

fn promotions() -> impl Strategy<Value = Promotion> {
    let discount = prop_oneof![
        (1i64..=1_000_000).prop_map(|off| Discount::Percent(Decimal::new(off, 4))),
        (1i64..10_000).prop_map(|cents| Discount::Amount(from_cents(cents))),
    ];
    (discount, prop::option::of(1u16..14)).prop_map(|(discount, months)| Promotion {
        code: "CODE".into(),
        discount,
        months,
        from: None,
        until: None,
    })
}

fn activations() -> impl Strategy<Value = Activation> {
    (plans(), prop_oneof![Just(0i64), 1i64..20_000], prop::option::of(promotions()))
        .prop_map(|(plan, fee, promotion)| Activation { plan, fee: from_cents(fee), promotion })
}

/// What is tried next: legal or not, which is seen when its turn comes.
fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        4 => (plans(), any::<bool>()).prop_map(|(plan, prorate)| Kind::Changed { plan, prorate }),
        4 => Just(Kind::Suspended),
        5 => Just(Kind::Resumed),
        1 => Just(Kind::Ended),
    ]
}

/// Any history of up to 25 changes in a zone, from between 2009 and 2036 on.
pub(super) fn histories() -> impl Strategy<Value = (History, Zone)> {
    let start = 1_230_768_000i64..2_082_758_400;
    let steps = prop::collection::vec((waits(), kinds()), 0..25);
    (zones(), start, activations(), steps).prop_map(|(zone, start, activation, steps)| {
        let mut time = DateTime::from_timestamp(start, 0).unwrap();
        let mut given = history([Change { at: time, kind: Kind::Activated(activation) }]);
        for (wait, kind) in steps {
            time = match wait {
                Wait::Seconds(seconds) => time + TimeDelta::seconds(seconds),
                Wait::NextMonth => Month::of(time, &zone).span(&zone).to,
            };
            // What is illegal now is left out.
            given = given.with(Change { at: time, kind }).unwrap_or(given);
        }
        (given, zone)
    })
}

/// The months from the first change to two after the last.
pub(super) fn months(history: &History, zone: &Zone) -> Vec<Month> {
    let changes = history.changes();
    let first = Month::of(changes[0].at, zone);
    let end = Month::of(changes[changes.len() - 1].at, zone).next().next();
    std::iter::successors(Some(first), |month| Some(month.next())).take_while(|month| *month <= end).collect()
}
