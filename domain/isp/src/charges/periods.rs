//! The active periods of a subscription and their plans.

use super::{Change, History, Kind, Month, Plan, TimeRange, Zone};
use chrono::{DateTime, Utc};

/// A charged period on one plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The time.
    pub span: TimeRange,
    /// The plan.
    pub plan: Plan,
}

impl History {
    /// The active periods until an instant, in order and disjoint. Adjacent periods on the same plan are one.
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

/// The state of a walk through the changes.
struct Walk {
    periods: Vec<Period>,
    /// The end of the active time in `periods`; `None` if not active.
    since: Option<DateTime<Utc>>,
    /// The current plan.
    plan: Option<Plan>,
    /// The plan deferred to a time.
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
                // At the start of a month there is nothing to prorate.
                let from = if *prorate || at == month.from { at } else { month.to };
                self.later = Some((from, plan.clone()));
            }
            Kind::Suspended | Kind::Ended => self.since = None,
            Kind::Resumed => self.since = Some(at),
        }
    }

    /// Adds the active time until then, switching to a plan deferred to the end of a month on the way.
    fn go_to(&mut self, at: DateTime<Utc>) {
        if let Some((from, plan)) = self.later.take_if(|(from, _)| *from <= at) {
            self.write(from);
            self.plan = Some(plan);
        }
        self.write(at);
    }

    fn write(&mut self, to: DateTime<Utc>) {
        let (Some(from), Some(plan)) = (self.since, &self.plan) else { return };
        let span = TimeRange { from, to };
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
