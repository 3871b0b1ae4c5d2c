//! Which changes are allowed, and the errors of the others.

use super::given::{activated, at, change, changed, history, usd};
use crate::charges::{Change, ChargeError, History, Kind, State};

/// All states and all changes: which are allowed, and the errors of the others.
#[test]
fn illegal_changes_are_refused_with_the_state_named() {
    let time = "2026-11-12T00:00:00Z";
    let first = activated(time, "Fiber 500", "79.99");
    let states = [
        (State::Pending, history([])),
        (State::Active, history([first.clone()])),
        (State::Suspended, history([first.clone(), change(time, Kind::Suspended)])),
        (State::Ended, history([first.clone(), change(time, Kind::Ended)])),
    ];
    let changes = [
        ("activated", first, &[State::Pending][..]),
        ("changed", changed(time, "Fiber 1G", "99.99"), &[State::Active, State::Suspended]),
        ("suspended", change(time, Kind::Suspended), &[State::Active]),
        ("resumed", change(time, Kind::Resumed), &[State::Suspended]),
        ("ended", change(time, Kind::Ended), &[State::Pending, State::Active, State::Suspended]),
    ];
    for (state, history) in states {
        assert_eq!(history.state(at(time)), state);
        for (name, change, legal) in &changes {
            let refused = history.with(change.clone()).err();
            let expected = ChargeError::State { state, change: name };
            assert_eq!(refused, (!legal.contains(&state)).then_some(expected), "{state}, {name}");
        }
    }
    let refused = ChargeError::State { state: State::Suspended, change: "suspended" };
    assert_eq!(refused.to_string(), "A subscription that is suspended cannot be suspended");
}

#[test]
fn a_change_that_makes_a_planned_one_illegal_is_refused() {
    let planned = history([
        activated("2026-11-01T00:00:00Z", "Fiber 500", "79.99"),
        change("2026-11-04T00:00:00Z", Kind::Suspended),
        change("2026-12-04T00:00:00Z", Kind::Resumed),
    ]);
    let refused = planned.with(change("2026-11-20T00:00:00Z", Kind::Ended));
    assert_eq!(refused, Err(ChargeError::State { state: State::Ended, change: "resumed" }));
}

#[test]
fn what_cannot_be_billed_is_refused() {
    let new = |changes: &[Change]| History::new(changes.to_vec()).map(|_| ());
    let first = activated("2026-11-02T00:00:00Z", "Fiber 500", "79.99");
    let early = change("2026-11-01T00:00:00Z", Kind::Suspended);
    assert_eq!(new(&[first, early.clone()]), Err(ChargeError::Order(early.at)));
    for time in ["1970-12-31T23:59:59Z", "9998-01-01T00:00:00Z", "-0001-01-01T00:00:00Z"] {
        assert_eq!(new(&[activated(time, "Fiber 500", "79.99")]), Err(ChargeError::Time(at(time))));
    }
    for price in ["-1", "79.999"] {
        assert_eq!(
            new(&[activated("2026-11-02T00:00:00Z", "Fiber 500", price)]),
            Err(ChargeError::Price(usd(price)))
        );
    }
}
