//! What holds for every history in every zone.

use super::{
    given::{histories, months},
    replay::{Piece, pieces},
};
use crate::charges::{
    Change, Charges, History, Line, LineKind, Month, State, Zone, charges, preview, to_cents,
};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn services(charges: &Charges) -> impl Iterator<Item = &Line> {
    charges.lines.iter().filter(|line| line.kind == LineKind::Service)
}

/// The history as it was before its change at that place.
fn before(history: &History, place: usize) -> History {
    History::new(history.changes()[..place].to_vec()).unwrap()
}

fn bill(history: &History, zone: &Zone) -> Vec<Charges> {
    months(history, zone).into_iter().map(|month| charges(history, month, zone)).collect()
}

/// The active pieces of a month.
fn active<'a>(pieces: &'a [Piece], month: Month, zone: &Zone) -> impl Iterator<Item = &'a Piece> {
    let span = month.span(zone);
    pieces.iter().filter(move |piece| span.contains(piece.span.from) && piece.plan.is_some())
}

fn fee(history: &History) -> Decimal {
    history.activation().map_or(Decimal::ZERO, |(_, activation)| activation.fee)
}

proptest! {
    #[test]
    fn charged_seconds_are_the_active_seconds((history, zone) in histories()) {
        let pieces = pieces(&history, &zone, &months(&history, &zone));
        for bill in bill(&history, &zone) {
            let charged: i64 = services(&bill).map(|line| line.span.seconds()).sum();
            let seconds: i64 = active(&pieces, bill.month, &zone).map(|piece| piece.span.seconds()).sum();
            prop_assert_eq!(charged, seconds, "{}", bill.month);
        }
    }

    #[test]
    fn every_second_is_charged_on_the_plan_of_that_second((history, zone) in histories()) {
        let bills = bill(&history, &zone);
        for piece in pieces(&history, &zone, &months(&history, &zone)) {
            let lines = bills.iter().flat_map(services).filter(|line| line.span.contains(piece.span.from));
            let lines: Vec<_> = lines.map(|line| (line.plan.clone(), line.unit_price)).collect();
            let plans: Vec<_> = piece.plan.into_iter().map(|plan| (plan.name, plan.price)).collect();
            prop_assert_eq!(lines, plans, "{:?}", piece.span);
        }
    }

    #[test]
    fn no_second_is_charged_twice((history, zone) in histories()) {
        let bills = bill(&history, &zone);
        let lines: Vec<_> = bills.iter().flat_map(services).collect();
        prop_assert!(lines.iter().all(|line| line.span.seconds() > 0));
        prop_assert!(lines.windows(2).all(|pair| pair[0].span.to <= pair[1].span.from));
        let within = |line: &&Line| line.span.common(line.month) == Some(line.span);
        prop_assert!(lines.iter().all(within));
    }

    #[test]
    fn a_month_without_an_active_second_has_no_service_and_no_promotion((history, zone) in histories()) {
        let pieces = pieces(&history, &zone, &months(&history, &zone));
        for bill in bill(&history, &zone) {
            let is_active = active(&pieces, bill.month, &zone).next().is_some();
            let lines = bill.lines.iter().filter(|line| line.kind != LineKind::Activation).count();
            prop_assert_eq!(lines > 0, is_active, "{}", bill.month);
        }
    }

    #[test]
    fn a_month_costs_what_it_costs_in_one_pass_to_the_cent_of_each_kind((history, zone) in histories()) {
        let pieces = pieces(&history, &zone, &months(&history, &zone));
        for bill in bill(&history, &zone) {
            let exact: Decimal = active(&pieces, bill.month, &zone).map(Piece::cost).sum();
            let fees = bill.lines.iter().filter(|line| line.kind == LineKind::Activation);
            let rounded = bill.total() - fees.map(|line| line.amount).sum::<Decimal>();
            // Half a cent for the services, and half a cent for the promotion.
            prop_assert!((rounded - exact).abs() <= Decimal::new(1, 2), "{}: {rounded}, {exact}", bill.month);
        }
    }

    #[test]
    fn all_months_together_cost_what_one_pass_over_the_history_does((history, zone) in histories()) {
        let bills = bill(&history, &zone);
        let sum: Decimal = bills.iter().map(Charges::total).sum();
        let exact = pieces(&history, &zone, &months(&history, &zone)).iter().map(Piece::cost).sum::<Decimal>() + fee(&history);
        let stated = Decimal::new(1, 2) * Decimal::from(bills.len());
        prop_assert!((sum - exact).abs() <= stated, "{sum}, {exact}");
    }

    #[test]
    fn amounts_are_whole_cents_and_a_month_never_pays_the_customer((history, zone) in histories()) {
        for bill in bill(&history, &zone) {
            prop_assert!(bill.lines.iter().all(|line| to_cents(line.amount).is_some()));
            prop_assert!(bill.lines.iter().all(|line| line.amount.is_zero()
                || line.amount.is_sign_negative() == (line.kind == LineKind::Promotion)));
            prop_assert!(bill.total() >= Decimal::ZERO);
        }
    }

    #[test]
    fn every_line_can_be_computed_again_from_what_it_says((history, zone) in histories()) {
        for bill in bill(&history, &zone) {
            for line in services(&bill) {
                let again = line.unit_price * Decimal::from(line.span.seconds())
                    / Decimal::from(line.month.seconds());
                prop_assert!((line.amount - again).abs() <= Decimal::new(1, 2), "{line:?}");
            }
        }
    }

    #[test]
    fn the_fee_is_charged_once((history, zone) in histories()) {
        let bills = bill(&history, &zone);
        let fees: Vec<_> = bills.iter().flat_map(|bill| &bill.lines)
            .filter(|line| line.kind == LineKind::Activation).map(|line| line.amount).collect();
        let expected: Vec<_> = [fee(&history)].into_iter().filter(|fee| !fee.is_zero()).collect();
        prop_assert_eq!(fees, expected);
    }

    #[test]
    fn a_preview_is_what_the_later_charge_differs_by((history, zone) in histories()) {
        for (place, change) in history.changes().iter().enumerate() {
            let month = Month::of(change.at, &zone);
            let preview = preview(&before(&history, place), change.clone(), &zone).unwrap();
            // Later: when the invoice is made, changes of later months have come, if none of this one.
            let rest = &history.changes()[place + 1..];
            let alone = rest.iter().all(|later| Month::of(later.at, &zone) > month);
            let later = if alone { history.clone() } else { before(&history, place + 1) };
            let invoice = charges(&later, month, &zone);
            prop_assert_eq!(invoice.total(), preview.before.total() + preview.difference());
            prop_assert_eq!(invoice, preview.after);
        }
    }

    #[test]
    fn a_preview_is_the_exact_difference_to_the_cent_of_each_kind((history, zone) in histories()) {
        for (place, change) in history.changes().iter().enumerate() {
            let month = Month::of(change.at, &zone);
            let exact = |history: &History| pieces(history, &zone, &[month]).iter().map(Piece::cost).sum::<Decimal>();
            let (old, new) = (before(&history, place), before(&history, place + 1));
            let fee = if place == 0 { fee(&history) } else { Decimal::ZERO };
            let exact = exact(&new) - exact(&old) + fee;
            let difference = preview(&old, change.clone(), &zone).unwrap().difference();
            prop_assert!((difference - exact).abs() <= Decimal::new(2, 2), "{difference}, {exact}");
        }
    }

    #[test]
    fn the_previews_of_a_month_add_up_to_its_invoice((history, zone) in histories()) {
        for month in months(&history, &zone) {
            let in_month = |change: &&Change| Month::of(change.at, &zone) == month;
            let earlier = history.changes().iter().take_while(|change| Month::of(change.at, &zone) < month).count();
            let mut known = before(&history, earlier);
            let mut sum = charges(&known, month, &zone).total();
            for change in history.changes().iter().filter(in_month) {
                let preview = preview(&known, change.clone(), &zone).unwrap();
                sum += preview.difference();
                known = preview.history;
            }
            prop_assert_eq!(sum, charges(&history, month, &zone).total());
        }
    }

    #[test]
    fn what_comes_later_does_not_alter_a_month_that_is_over((history, zone) in histories()) {
        for (place, change) in history.changes().iter().enumerate() {
            let known = before(&history, place);
            for month in months(&history, &zone).into_iter().filter(|month| month.span(&zone).to <= change.at) {
                prop_assert_eq!(charges(&known, month, &zone), charges(&history, month, &zone));
            }
        }
    }

    #[test]
    fn what_is_active_at_the_end_goes_on_at_the_price_of_its_plan((history, zone) in histories()) {
        let last = months(&history, &zone).pop().unwrap();
        let bill = charges(&history, last, &zone);
        let services: Vec<_> = services(&bill).collect();
        let goes_on = history.state(DateTime::<Utc>::MAX_UTC) == State::Active;
        prop_assert_eq!(services.len(), usize::from(goes_on));
        for line in services {
            prop_assert_eq!((line.quantity, line.amount), (Decimal::ONE, line.unit_price));
            prop_assert_eq!(&line.words, &format!("{}, {}", line.plan, last.words()));
        }
    }

    #[test]
    fn the_state_says_whether_a_second_is_charged((history, zone) in histories()) {
        for piece in pieces(&history, &zone, &months(&history, &zone)) {
            prop_assert_eq!(history.state(piece.span.from) == State::Active, piece.plan.is_some());
        }
    }
}
