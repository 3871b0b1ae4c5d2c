//! Errors known from other billing systems, one per test.

use super::given::{activated, assert_lines, change, changed, history, month, plan, usd, zone};
use crate::charges::{Kind, charges, preview};
use rust_decimal::Decimal;

#[test]
fn the_day_of_an_upgrade_is_not_billed_twice() {
    let history = history([
        activated("2026-11-01T00:00:00Z", "Fiber 100", "49.99"),
        changed("2026-11-12T20:00:00Z", "Fiber 500", "79.99"),
    ]);
    assert_lines(
        &history,
        "2026-11",
        "UTC",
        &[
            ("Fiber 100, 1–12 November 2026 until 20:00: 11 days 20 h of 30 days", "19.72"),
            ("Fiber 500, 12–30 November 2026 from 20:00: 18 days 4 h of 30 days", "48.44"),
        ],
    );
    assert_lines(&history, "2026-12", "UTC", &[("Fiber 500, December 2026", "79.99")]);
}

#[test]
fn an_upgrade_costs_the_difference_for_what_is_left_of_the_month() {
    let history = history([activated("2026-10-01T00:00:00Z", "Fiber 100", "40")]);
    let upgrade = changed("2026-11-16T00:00:00Z", "Fiber 500", "80");
    let up = preview(&history, upgrade, &zone("UTC")).unwrap();
    assert_eq!(up.difference(), usd("20.00"));
    let downgrade = changed("2026-11-22T00:00:00Z", "Fiber 100", "40");
    let down = preview(&up.history, downgrade, &zone("UTC")).unwrap();
    assert_eq!(down.difference(), usd("-12.00"));
    assert_eq!(down.after.total(), usd("48.00"));
}

#[test]
fn a_change_that_is_not_prorated_costs_nothing_before_the_next_month() {
    let first = history([activated("2026-11-01T00:00:00Z", "Fiber 100", "49.99")]);
    let kind = Kind::Changed { plan: plan("Fiber 500", "79.99"), prorate: false };
    let preview = preview(&first, change("2026-11-12T20:00:00Z", kind), &zone("UTC")).unwrap();
    assert_eq!(preview.difference(), Decimal::ZERO);
    assert_lines(&preview.history, "2026-11", "UTC", &[("Fiber 100, November 2026", "49.99")]);
    assert_lines(&preview.history, "2026-12", "UTC", &[("Fiber 500, December 2026", "79.99")]);
}

#[test]
fn a_change_that_is_not_prorated_holds_for_who_resumes_after_the_month() {
    let history = history([
        activated("2026-11-01T00:00:00Z", "Fiber 100", "49.99"),
        change("2026-11-11T00:00:00Z", Kind::Suspended),
        change("2026-11-12T00:00:00Z", Kind::Changed { plan: plan("Fiber 500", "79.99"), prorate: false }),
        change("2026-11-21T00:00:00Z", Kind::Resumed),
        change("2026-11-22T00:00:00Z", Kind::Suspended),
        change("2027-01-01T00:00:00Z", Kind::Resumed),
    ]);
    let days = [
        ("Fiber 100, 1–10 November 2026: 10 days of 30 days", "16.66"),
        ("Fiber 100, 21 November 2026: 1 day of 30 days", "1.67"),
    ];
    assert_lines(&history, "2026-11", "UTC", &days);
    assert_lines(&history, "2027-01", "UTC", &[("Fiber 500, January 2027", "79.99")]);
}

#[test]
fn resuming_does_not_bill_the_months_that_were_suspended() {
    let history = history([
        activated("2026-01-01T00:00:00Z", "Fiber 500", "79.99"),
        change("2026-03-01T00:00:00Z", Kind::Suspended),
        change("2026-06-16T00:00:00Z", Kind::Resumed),
    ]);
    for suspended in ["2026-03", "2026-04", "2026-05"] {
        assert_lines(&history, suspended, "UTC", &[]);
        assert_eq!(charges(&history, month(suspended), &zone("UTC")).total().to_string(), "0.00");
    }
    let half = [("Fiber 500, 16–30 June 2026: 15 days of 30 days", "40.00")];
    assert_lines(&history, "2026-06", "UTC", &half);
}

#[test]
fn two_rounds_of_suspend_and_resume_leave_an_account_that_is_billed_on() {
    let history = history([
        activated("2026-01-01T00:00:00Z", "Fiber 500", "79.99"),
        change("2026-02-01T00:00:00Z", Kind::Suspended),
        change("2026-03-01T00:00:00Z", Kind::Resumed),
        change("2026-04-01T00:00:00Z", Kind::Suspended),
        change("2026-05-01T00:00:00Z", Kind::Resumed),
    ]);
    for (of, expected) in
        [("2026-01", 1), ("2026-02", 0), ("2026-03", 1), ("2026-04", 0), ("2026-05", 1), ("2036-05", 1)]
    {
        let charges = charges(&history, month(of), &zone("UTC"));
        assert_eq!(charges.total(), usd("79.99") * Decimal::from(expected), "{of}");
    }
}

#[test]
fn suspending_and_resuming_in_the_same_second_changes_nothing() {
    let history = history([
        activated("2026-11-01T00:00:00Z", "Fiber 500", "79.99"),
        change("2026-11-12T20:00:00.2Z", Kind::Suspended),
        change("2026-11-12T20:00:00.9Z", Kind::Resumed),
    ]);
    assert_lines(&history, "2026-11", "UTC", &[("Fiber 500, November 2026", "79.99")]);
}

#[test]
fn a_month_in_many_parts_costs_its_price() {
    let mut changes = vec![activated("2026-11-01T00:00:00Z", "Fiber 0", "99.99")];
    for day in 2..=30 {
        changes.push(changed(&format!("2026-11-{day:02}T01:02:03Z"), &format!("Fiber {day}"), "99.99"));
    }
    let bill = charges(&history(changes), month("2026-11"), &zone("UTC"));
    assert_eq!((bill.lines.len(), bill.total()), (30, usd("99.99")));
}

#[test]
fn the_month_ends_at_midnight_of_the_organization_not_of_the_server() {
    // Nine in the evening of 30 November in New York is 1 December in UTC.
    let late = history([activated("2026-12-01T02:00:00Z", "Fiber 500", "720")]);
    assert_lines(
        &late,
        "2026-11",
        "America/New_York",
        &[("Fiber 500, 30 November 2026 from 21:00: 3 h of 30 days 1 h", "3.00")],
    );
    assert_lines(&late, "2026-12", "America/New_York", &[("Fiber 500, December 2026", "720.00")]);
    assert_lines(&late, "2026-11", "UTC", &[]);
}

#[test]
fn an_hour_that_the_clocks_repeat_or_skip_is_charged_as_it_was_lived() {
    // Clocks went back at 06:00 UTC on 1 November 2026, and forward at 07:00 UTC on 14 March 2027.
    let repeated = history([
        activated("2026-11-01T05:30:00Z", "Fiber 500", "721"),
        change("2026-11-01T06:30:00Z", Kind::Ended),
    ]);
    let line = [("Fiber 500, 1 November 2026 from 01:30 until 01:30: 1 h of 30 days 1 h", "1.00")];
    assert_lines(&repeated, "2026-11", "America/New_York", &line);
    let skipped = history([
        activated("2027-03-14T05:00:00Z", "Fiber 500", "743"),
        change("2027-03-15T04:00:00Z", Kind::Ended),
    ]);
    let line = [("Fiber 500, 14 March 2027: 23 h of 30 days 23 h", "23.00")];
    assert_lines(&skipped, "2027-03", "America/New_York", &line);
}

#[test]
fn a_month_whose_first_midnight_was_skipped_is_a_whole_month() {
    let history = history([activated("2017-09-30T12:00:00Z", "Fiber 500", "79.99")]);
    assert_lines(&history, "2017-10", "America/Asuncion", &[("Fiber 500, October 2017", "79.99")]);
}

#[test]
fn a_price_that_changed_later_leaves_the_months_before_it_alone() {
    let before = history([activated("2026-01-01T00:00:00Z", "Fiber 500", "79.99")]);
    let raised = before.with(changed("2026-06-01T00:00:00Z", "Fiber 500", "89.99")).unwrap();
    assert_lines(&raised, "2026-05", "UTC", &[("Fiber 500, May 2026", "79.99")]);
    assert_lines(&raised, "2026-06", "UTC", &[("Fiber 500, June 2026", "89.99")]);
}

#[test]
fn a_preview_tells_the_charge_that_comes_also_with_a_resumption_that_is_planned() {
    let planned = history([
        activated("2026-10-01T00:00:00Z", "Fiber 100", "30"),
        change("2026-11-04T00:00:00Z", Kind::Suspended),
        change("2026-11-16T00:00:00Z", Kind::Resumed),
    ]);
    let upgrade = changed("2026-11-10T00:00:00Z", "Fiber 500", "60");
    let preview = preview(&planned, upgrade, &zone("UTC")).unwrap();
    assert_eq!(preview.difference(), usd("15.00"));
    let lines = [
        ("Fiber 100, 1–3 November 2026: 3 days of 30 days", "3.00"),
        ("Fiber 500, 16–30 November 2026: 15 days of 30 days", "30.00"),
    ];
    assert_lines(&preview.history, "2026-11", "UTC", &lines);
}
