//! Over any sequence of changes of the plan, completions, failures and ends of months, what is billed is the plan that
//! was installed.

use super::provisioned;
use crate::domain::{
    charges::{Activation, Kind, Month, Plan, Zone, charges, from_cents},
    subscriptions::history::{Planned, billed},
};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    ids::{OrganizationId, SubscriptionChangeId, SubscriptionId},
    plan::Tier,
    subscription_change::Model,
};
use proptest::{prelude::*, sample::select};
use rust_decimal::Decimal;
use sea_orm::Iterable;
use uuid::Uuid;

#[derive(Debug, Clone)]
enum Step {
    Change(Tier),
    Complete,
    Fail,
    /// Somebody asks again for what has failed.
    Retry,
    Wait(i64),
    NextMonth,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => select(Tier::iter().collect::<Vec<_>>()).prop_map(Step::Change),
        4 => Just(Step::Complete),
        2 => Just(Step::Fail),
        1 => Just(Step::Retry),
        4 => (0i64..2_000_000).prop_map(Step::Wait),
        1 => Just(Step::NextMonth),
    ];
    prop::collection::vec(step, 0..30)
}

fn plan(tier: Tier) -> Plan {
    let cents = match tier {
        Tier::Residential100 => 4_999,
        Tier::Residential500 => 7_999,
        Tier::Residential1G => 9_999,
        Tier::Business1G => 19_900,
        Tier::Business10G => 49_901,
    };
    Plan { name: format!("{tier:?}"), price: from_cents(cents) }
}

/// A subscription that is installed, and what the network does for it.
struct Installed {
    zone: Zone,
    now: DateTime<Utc>,
    rows: Vec<Model>,
    ordered: Tier,
    /// The plan of the request that is open.
    request: Option<Tier>,
    /// Since when the network does which plan.
    spans: Vec<(DateTime<Utc>, Tier)>,
}

impl Installed {
    fn new() -> Self {
        let (now, tier) = ("2026-10-13T14:15:16Z".parse().unwrap(), Tier::Residential500);
        let zone = "America/New_York".parse().unwrap();
        let mut new =
            Self { zone, now, rows: vec![], ordered: tier, request: None, spans: vec![(now, tier)] };
        let activation = Activation { plan: plan(tier), fee: Decimal::ZERO, promotion: None };
        new.push(Kind::Activated(activation), None);
        new
    }

    fn push(&mut self, kind: Kind, tier: Option<Tier>) {
        self.rows.push(Model {
            id: SubscriptionChangeId(Uuid::from_u128(self.rows.len() as u128)),
            organization_id: OrganizationId(Uuid::nil()),
            subscription_id: SubscriptionId(Uuid::nil()),
            effective_at: self.now,
            kind: serde_json::to_value(kind).unwrap(),
            tier,
            applied_at: Some(self.now),
            billed_at: None,
        });
    }

    fn change(&mut self, tier: Tier, prorate: bool) {
        if tier != self.ordered {
            self.push(Kind::Changed { plan: plan(tier), prorate }, Some(tier));
            self.ordered = tier;
            self.request.get_or_insert(tier);
        }
    }

    fn complete(&mut self) {
        let Some(tier) = self.request.take() else { return };
        if let Some(changed) = provisioned(&self.rows, tier, self.now, &self.zone).unwrap() {
            let row = self.rows.iter_mut().find(|row| row.id == changed.id).unwrap();
            *row = changed;
        }
        self.spans.push((self.now, tier));
        // The network catches up with what was ordered meanwhile.
        self.request = (self.ordered != tier).then_some(self.ordered);
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Change(tier) => self.change(*tier, true),
            Step::Complete => self.complete(),
            Step::Fail => self.request = None,
            Step::Retry => {
                self.request.get_or_insert(self.ordered);
            }
            Step::Wait(seconds) => self.now += TimeDelta::seconds(*seconds),
            Step::NextMonth => self.now = Month::of(self.now, &self.zone).span(&self.zone).to,
        }
    }

    /// All months so far, this one included.
    fn months(&self) -> Vec<Month> {
        let (first, last) = (Month::of(self.spans[0].0, &self.zone), Month::of(self.now, &self.zone));
        std::iter::successors(Some(first), |month| Some(month.next()))
            .take_while(|month| *month <= last)
            .collect()
    }

    fn billed(&self) -> Decimal {
        let history = billed(self.rows.clone(), Planned::Wait).unwrap();
        self.months().into_iter().map(|month| charges(&history, month, &self.zone).total()).sum()
    }

    /// What the plans that were installed cost, for as long as each was.
    fn installed(&self) -> Decimal {
        let ends = self.spans.iter().skip(1).map(|(from, _)| *from).chain([DateTime::<Utc>::MAX_UTC]);
        let spans: Vec<_> = self.spans.iter().zip(ends).collect();
        let mut sum = Decimal::ZERO;
        for month in self.months() {
            let month = month.span(&self.zone);
            for ((from, tier), to) in &spans {
                let seconds = ((*to).min(month.to) - (*from).max(month.from)).num_seconds().max(0);
                sum += plan(*tier).price * Decimal::from(seconds) / Decimal::from(month.seconds());
            }
        }
        sum
    }
}

proptest! {
    #[test]
    fn what_is_billed_is_what_was_installed(steps in steps()) {
        let mut one = Installed::new();
        for step in &steps {
            one.take(step);
            let (billed, installed) = (one.billed(), one.installed());
            let rounding = Decimal::new(5, 3) * Decimal::from(one.months().len());
            prop_assert!((billed - installed).abs() <= rounding, "{billed}, {installed} after {step:?}");
        }
    }
}

fn moved(one: &mut Installed, to: &str) {
    one.now = to.parse().unwrap();
}

/// What the months so far cost at the prices of these plans.
fn whole(tiers: &[(Tier, u32)]) -> Decimal {
    tiers.iter().map(|(tier, months)| plan(*tier).price * Decimal::from(*months)).sum()
}

#[test]
fn a_change_that_is_put_off_to_the_next_month_counts_from_then_on_or_from_a_later_completion() {
    for (completed, from) in
        [("2026-11-20T12:00:00Z", "2026-12-01T05:00:00Z"), ("2026-12-05T12:00:00Z", "2026-12-05T12:00:00Z")]
    {
        let mut one = Installed::new();
        moved(&mut one, "2026-11-10T12:00:00Z");
        one.change(Tier::Residential1G, false);
        moved(&mut one, completed);
        one.complete();
        moved(&mut one, "2026-12-31T12:00:00Z");
        let mut prorated = Installed::new();
        moved(&mut prorated, from);
        prorated.change(Tier::Residential1G, true);
        prorated.complete();
        moved(&mut prorated, "2026-12-31T12:00:00Z");
        assert_eq!(one.billed(), prorated.billed(), "{completed}");
    }
}

#[test]
fn what_is_planned_is_not_billed_before_it_is_provisioned() {
    let mut one = Installed::new();
    moved(&mut one, "2026-11-01T04:00:00Z");
    one.spans[0].0 = one.now;
    one.rows[0].effective_at = one.now;
    moved(&mut one, "2026-11-15T00:00:00Z");
    one.change(Tier::Residential1G, true);
    one.rows[1].applied_at = None;
    assert_eq!(one.billed(), whole(&[(Tier::Residential500, 1)]));
    let expected = billed(one.rows.clone(), Planned::Count).unwrap();
    let november = charges(&expected, one.months()[0], &one.zone);
    assert_eq!(november.lines.len(), 2, "it is shown in what is expected");
}
