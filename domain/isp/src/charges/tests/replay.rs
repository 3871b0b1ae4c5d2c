//! The same history, read in the slowest and plainest way: cut wherever anything could change, and looked at
//! piece by piece. It shares no rule with what it is compared with but where months begin and end.

use crate::charges::{Activation, Change, Discount, History, Kind, Month, Plan, TimeRange, Zone};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

/// A stretch of time in which nothing changes, within one month.
pub(super) struct Piece {
    pub(super) span: TimeRange,
    /// Seconds of its month.
    pub(super) month: i64,
    /// What is charged, if it is active.
    pub(super) plan: Option<Plan>,
    /// Dollars that a promotion takes off a whole month.
    pub(super) off: Decimal,
}

impl Piece {
    /// What it costs, but for the fee; not rounded.
    pub(super) fn cost(&self) -> Decimal {
        let price = self.plan.as_ref().map_or(Decimal::ZERO, |plan| plan.price - self.off);
        price * Decimal::from(self.span.seconds()) / Decimal::from(self.month)
    }
}

/// All pieces of months that follow each other.
pub(super) fn pieces(history: &History, zone: &Zone, months: &[Month]) -> Vec<Piece> {
    let changes = history.changes();
    let Some(Change { at: first, kind: Kind::Activated(activation) }) = changes.first() else {
        return vec![];
    };
    let runs = activation.promotion.as_ref().map(|it| it.span(*first, zone));
    let months: Vec<_> = months.iter().map(|month| month.span(zone)).collect();
    let mut cuts: Vec<_> = months.iter().flat_map(|month| [month.from, month.to]).collect();
    cuts.extend(changes.iter().map(|change| change.at).chain(runs.map(|runs| runs.to)));
    cuts.retain(|cut| months[0].from <= *cut && *cut <= months[months.len() - 1].to);
    cuts.sort_unstable();
    cuts.dedup();
    let piece = |cut: &[DateTime<Utc>]| {
        let at = cut[0];
        let month = months.iter().find(|month| month.contains(at)).unwrap();
        let plan = is_active(history, at).then(|| charged(history, at, zone));
        let runs = runs.is_some_and(|runs| runs.contains(at));
        let off = plan.as_ref().filter(|_| runs).map_or(Decimal::ZERO, |plan| off(activation, plan));
        Piece { span: TimeRange { from: at, to: cut[1] }, month: month.seconds(), plan, off }
    };
    cuts.windows(2).map(piece).collect()
}

/// The last change that says whether it is active, says so.
fn is_active(history: &History, at: DateTime<Utc>) -> bool {
    let mut past = history.changes().iter().filter(|change| change.at <= at);
    let said = past.rfind(|change| !matches!(change.kind, Kind::Changed { .. }));
    said.is_some_and(|change| matches!(change.kind, Kind::Activated(_) | Kind::Resumed))
}

/// The last plan that has come into effect.
fn charged(history: &History, at: DateTime<Utc>, zone: &Zone) -> Plan {
    let effective = |change: &Change| match &change.kind {
        Kind::Activated(activation) => Some((change.at, activation.plan.clone())),
        Kind::Changed { plan, prorate: true } => Some((change.at, plan.clone())),
        // The end of the month that the second before it lies in.
        Kind::Changed { plan, prorate: false } => {
            let month = Month::of(change.at - TimeDelta::seconds(1), zone);
            Some((month.span(zone).to, plan.clone()))
        }
        _ => None,
    };
    history.changes().iter().filter_map(effective).rfind(|(from, _)| *from <= at).unwrap().1
}

fn off(activation: &Activation, plan: &Plan) -> Decimal {
    match activation.promotion.as_ref().map(|promotion| &promotion.discount) {
        None => Decimal::ZERO,
        Some(Discount::Percent(percent)) => plan.price * percent / Decimal::ONE_HUNDRED,
        Some(Discount::Amount(amount)) => plan.price.min(*amount),
    }
}
