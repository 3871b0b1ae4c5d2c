//! When a subscription was active, and on which plan it is charged for that.

use super::{Change, History, Kind, Month, Plan, Span, Zone};
use chrono::{DateTime, Utc};

/// A stretch of time that is charged, on one plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// From when until when.
    pub span: Span,
    /// What is charged.
    pub plan: Plan,
}

impl History {
    /// The active times until an instant, in their order; no two share a second. Times on the same plan that
    /// follow each other without a gap are one.
    pub fn periods(&self, zone: &Zone, until: DateTime<Utc>) -> Vec<Period> {
        let mut walk = Walk { periods: vec![], since: None, plan: None, later: None };
        for Change { at, kind } in self.changes().iter().take_while(|change| change.at < until) {
            walk.go_to(*at);
            walk.apply(*at, kind, zone);
        }
        walk.go_to(until);
        walk.periods
    }
}

/// Where a walk through the changes stands.
struct Walk {
    periods: Vec<Period>,
    /// Up to where the active time is in `periods`; `None` when it is not active.
    since: Option<DateTime<Utc>>,
    /// What is charged.
    plan: Option<Plan>,
    /// What is charged from then on.
    later: Option<(DateTime<Utc>, Plan)>,
}

impl Walk {
    fn apply(&mut self, at: DateTime<Utc>, kind: &Kind, zone: &Zone) {
        match kind {
            Kind::Activated(activation) => {
                self.plan = Some(activation.plan.clone());
                self.since = Some(at);
            }
            Kind::Changed { plan, prorate } => {
                let month = Month::of(at, zone).span(zone);
                // At the first instant of a month there is nothing to prorate.
                let from = if *prorate || at == month.from { at } else { month.to };
                self.later = Some((from, plan.clone()));
            }
            Kind::Suspended | Kind::Ended => self.since = None,
            Kind::Resumed => self.since = Some(at),
        }
    }

    /// Writes down the active time until then; on the way the plan that was put off takes its turn.
    fn go_to(&mut self, at: DateTime<Utc>) {
        if let Some((from, plan)) = self.later.take_if(|(from, _)| *from <= at) {
            self.write(from);
            self.plan = Some(plan);
        }
        self.write(at);
    }

    fn write(&mut self, to: DateTime<Utc>) {
        let (Some(from), Some(plan)) = (self.since, &self.plan) else { return };
        let span = Span { from, to };
        self.since = Some(to);
        if from == to {
            return;
        }
        match self.periods.last_mut() {
            Some(last) if last.span.to == from && last.plan == *plan => last.span.to = to,
            _ => self.periods.push(Period { span, plan: plan.clone() }),
        }
    }
}
