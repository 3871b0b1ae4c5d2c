//! What is agreed beside the plan: the fee, and the promotion code.

use super::given::{assert_lines, at, change, history, month, plan, usd, zone};
use crate::charges::{Activation, ChargeError, Discount, History, Kind, Promotion, charges};

fn with_terms(fee: &str, promotion: Option<Promotion>) -> History {
    let activation = Activation { plan: plan("Fiber 500", "79.99"), fee: usd(fee), promotion };
    history([change("2026-11-16T00:00:00Z", Kind::Activated(activation))])
}

fn winter(discount: Discount, months: Option<u16>) -> Promotion {
    let dates = (Some(at("2026-11-01T00:00:00Z")), Some(at("2026-12-01T00:00:00Z")));
    Promotion { code: "WINTER2026".into(), discount, months, from: dates.0, until: dates.1 }
}

#[test]
fn a_fee_is_asked_in_the_month_of_the_activation_and_never_again() {
    let history = with_terms("99", None);
    let lines = [
        ("Activation of Fiber 500 on 16 November 2026", "99.00"),
        ("Fiber 500, 16–30 November 2026: 15 days of 30 days", "40.00"),
    ];
    assert_lines(&history, "2026-11", "UTC", &lines);
    assert_lines(&history, "2026-12", "UTC", &[("Fiber 500, December 2026", "79.99")]);
    assert_lines(&history, "2026-10", "UTC", &[]);
}

#[test]
fn a_percentage_is_taken_off_for_its_months_to_the_second() {
    let history = with_terms("99", Some(winter(Discount::Percent(usd("20")), Some(2))));
    let lines = [
        ("Activation of Fiber 500 on 16 November 2026", "99.00"),
        ("Fiber 500, 16–30 November 2026: 15 days of 30 days", "40.00"),
        ("Promotion WINTER2026 (20 % off): Fiber 500, 16–30 November 2026: 15 days of 30 days", "-8.00"),
    ];
    assert_lines(&history, "2026-11", "UTC", &lines);
    let lines = [
        ("Fiber 500, December 2026", "79.99"),
        ("Promotion WINTER2026 (20 % off): Fiber 500, December 2026", "-16.00"),
    ];
    assert_lines(&history, "2026-12", "UTC", &lines);
    let lines = [
        ("Fiber 500, January 2027", "79.99"),
        ("Promotion WINTER2026 (20 % off): Fiber 500, 1–15 January 2027: 15 days of 31 days", "-7.74"),
    ];
    assert_lines(&history, "2027-01", "UTC", &lines);
    assert_lines(&history, "2027-02", "UTC", &[("Fiber 500, February 2027", "79.99")]);
}

#[test]
fn an_amount_is_taken_off_the_price_and_no_more() {
    let history = with_terms("0", Some(winter(Discount::Amount(usd("100")), None)));
    let lines = [
        ("Fiber 500, December 2036", "79.99"),
        ("Promotion WINTER2026 ($100.00 a month off): Fiber 500, December 2036", "-79.99"),
    ];
    assert_lines(&history, "2036-12", "UTC", &lines);
}

#[test]
fn a_code_is_taken_within_its_dates_and_if_it_takes_something_off() {
    let try_at = |time: &str, promotion: Promotion| {
        let activation =
            Activation { plan: plan("Fiber 500", "79.99"), fee: usd("0"), promotion: Some(promotion) };
        History::new(vec![change(time, Kind::Activated(activation))]).map(|_| ())
    };
    let half = || winter(Discount::Percent(usd("50")), None);
    assert_eq!(try_at("2026-11-01T00:00:00Z", half()), Ok(()));
    for closed in ["2026-10-31T23:59:59Z", "2026-12-01T00:00:00Z"] {
        assert_eq!(try_at(closed, half()), Err(ChargeError::PromotionClosed("WINTER2026".into())));
    }
    for (discount, months) in [
        (Discount::Percent(usd("0")), None),
        (Discount::Amount(usd("0")), None),
        (Discount::Amount(usd("5")), Some(0)),
    ] {
        let tried = try_at("2026-11-01T00:00:00Z", winter(discount, months));
        assert_eq!(tried, Err(ChargeError::PromotionEmpty("WINTER2026".into())));
    }
    let tried = try_at("2026-11-01T00:00:00Z", winter(Discount::Percent(usd("100.5")), None));
    assert_eq!(tried, Err(ChargeError::Percent(usd("100.5"))));
}

/// What an API or a page shows of a line, besides the words.
#[test]
fn a_line_has_its_quantity_and_its_unit_price() {
    let history = with_terms("99", Some(winter(Discount::Percent(usd("12.5")), None)));
    let bill = charges(&history, month("2026-11"), &zone("UTC"));
    let shown: Vec<_> = bill
        .lines
        .iter()
        .map(|line| format!("{} × {} = {}", line.quantity, line.unit_price, line.amount))
        .collect();
    assert_eq!(shown, ["1 × 99.00 = 99.00", "0.5 × 79.99 = 40.00", "0.5 × -9.99875 = -5.00"]);
}
