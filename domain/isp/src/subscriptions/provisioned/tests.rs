//! After any sequence of changes of the plan, completions, failures and ends of months, the installed plan is billed.

use super::provisioned;
use crate::{
    charges::{Activation, Change, Kind, Month, Plan, Preview, Zone, charges, from_cents},
    subscriptions::history::{Planned, billed, expected, expected_with},
};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    ids::{OrganizationId, PlanId, SubscriptionChangeId, SubscriptionId},
    plan::standard,
    subscription_change::Model,
};
use proptest::{prelude::*, sample::select};
use rust_decimal::Decimal;
use uuid::Uuid;

#[derive(Debug, Clone)]
enum Step {
    Change(PlanId),
    Complete,
    Fail,
    /// The failed change is requested again.
    Retry,
    Wait(i64),
    NextMonth,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => select(standard::ALL.to_vec()).prop_map(Step::Change),
        4 => Just(Step::Complete),
        2 => Just(Step::Fail),
        1 => Just(Step::Retry),
        4 => (0i64..2_000_000).prop_map(Step::Wait),
        1 => Just(Step::NextMonth),
    ];
    prop::collection::vec(step, 0..30)
}

fn plan(id: PlanId) -> Plan {
    let place = standard::ALL.iter().position(|plan| *plan == id).unwrap();
    Plan { name: id.to_string(), price: from_cents([4_999, 7_999, 9_999, 19_900, 49_901][place]) }
}

/// An installed subscription, and its service in the network.
struct Installed {
    zone: Zone,
    now: DateTime<Utc>,
    rows: Vec<Model>,
    ordered: PlanId,
    /// The plan of the open request.
    request: Option<PlanId>,
    /// The installed plans, with their start times.
    spans: Vec<(DateTime<Utc>, PlanId)>,
}

impl Installed {
    fn new() -> Self {
        let (now, id) = ("2026-10-13T14:15:16Z".parse().unwrap(), standard::RESIDENTIAL_500);
        let zone = "America/New_York".parse().unwrap();
        let mut new = Self { zone, now, rows: vec![], ordered: id, request: None, spans: vec![(now, id)] };
        let activation = Activation { plan: plan(id), fee: Decimal::ZERO, promotion: None };
        new.push(Kind::Activated(activation), None);
        new
    }

    fn push(&mut self, kind: Kind, id: Option<PlanId>) {
        self.rows.push(Model {
            id: SubscriptionChangeId(Uuid::from_u128(self.rows.len() as u128)),
            organization_id: OrganizationId(Uuid::nil()),
            subscription_id: SubscriptionId(Uuid::nil()),
            effective_at: self.now,
            kind: serde_json::to_value(kind).unwrap(),
            plan_id: id,
            applied_at: Some(self.now),
            billed_at: None,
            failed_at: None,
        });
    }

    fn change(&mut self, id: PlanId, prorate: bool) {
        if id != self.ordered {
            self.push(Kind::Changed { plan: plan(id), prorate }, Some(id));
            self.ordered = id;
            self.request.get_or_insert(id);
        }
    }

    /// The preview of an immediate change.
    fn preview(&self, id: PlanId) -> Decimal {
        let change = Change { at: self.now, kind: Kind::Changed { plan: plan(id), prorate: true } };
        let after = expected_with(&self.rows, change, true).unwrap();
        Preview::between(&expected(self.rows.clone()).unwrap(), after, self.now, &self.zone).difference()
    }

    fn complete(&mut self) {
        let Some(id) = self.request.take() else { return };
        if let Some(changed) = provisioned(&self.rows, id, self.now, &self.zone).unwrap() {
            let row = self.rows.iter_mut().find(|row| row.id == changed.id).unwrap();
            *row = changed;
        }
        self.spans.push((self.now, id));
        // Changes ordered meanwhile are requested.
        self.request = (self.ordered != id).then_some(self.ordered);
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Change(id) => self.change(*id, true),
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

    /// The cost of the installed plans, for their times.
    fn installed(&self) -> Decimal {
        let ends = self.spans.iter().skip(1).map(|(from, _)| *from).chain([DateTime::<Utc>::MAX_UTC]);
        let spans: Vec<_> = self.spans.iter().zip(ends).collect();
        let mut sum = Decimal::ZERO;
        for month in self.months() {
            let month = month.span(&self.zone);
            for ((from, id), to) in &spans {
                let seconds = ((*to).min(month.to) - (*from).max(month.from)).num_seconds().max(0);
                sum += plan(*id).price * Decimal::from(seconds) / Decimal::from(month.seconds());
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

proptest! {
    /// Whether a plan was provisioned before the next was ordered; otherwise it is withdrawn.
    #[test]
    fn previews_add_up_to_the_invoice(
        changes in prop::collection::vec((select(standard::ALL.to_vec()), any::<bool>(), 0i64..50_000), 1..7),
    ) {
        let mut one = Installed::new();
        let (before, mut previewed) = (one.billed(), Decimal::ZERO);
        for (id, is_provisioned, wait) in changes {
            if id != one.ordered {
                previewed += one.preview(id);
                one.change(id, true);
                // Immediately, or not before the next order: the preview does not cover times between.
                while is_provisioned && one.request.is_some() {
                    one.complete();
                }
            }
            one.now += TimeDelta::seconds(wait);
        }
        if one.request.is_some() {
            // The last one is provisioned immediately.
            one.now = one.rows.last().unwrap().effective_at;
            while one.request.is_some() {
                one.complete();
            }
        }
        prop_assert_eq!(one.billed(), before + previewed);
    }
}

#[test]
fn an_upgrade_that_is_withdrawn_before_it_is_provisioned_costs_nothing() {
    let mut one = Installed::new();
    let up = one.preview(standard::RESIDENTIAL_1G);
    one.change(standard::RESIDENTIAL_1G, true);
    one.now += TimeDelta::days(2);
    let down = one.preview(standard::RESIDENTIAL_500);
    assert!(up > Decimal::ZERO);
    assert_eq!(up + down, Decimal::ZERO);
}

fn moved(one: &mut Installed, to: &str) {
    one.now = to.parse().unwrap();
}

/// The cost of the months so far at the prices of these plans.
fn whole(plans: &[(PlanId, u32)]) -> Decimal {
    plans.iter().map(|(id, months)| plan(*id).price * Decimal::from(*months)).sum()
}

#[test]
fn a_change_that_is_put_off_to_the_next_month_counts_from_then_on_or_from_a_later_completion() {
    for (completed, from) in
        [("2026-11-20T12:00:00Z", "2026-12-01T05:00:00Z"), ("2026-12-05T12:00:00Z", "2026-12-05T12:00:00Z")]
    {
        let mut one = Installed::new();
        moved(&mut one, "2026-11-10T12:00:00Z");
        one.change(standard::RESIDENTIAL_1G, false);
        moved(&mut one, completed);
        one.complete();
        moved(&mut one, "2026-12-31T12:00:00Z");
        let mut prorated = Installed::new();
        moved(&mut prorated, from);
        prorated.change(standard::RESIDENTIAL_1G, true);
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
    one.change(standard::RESIDENTIAL_1G, true);
    one.rows[1].applied_at = None;
    assert_eq!(one.billed(), whole(&[(standard::RESIDENTIAL_500, 1)]));
    let expected = billed(one.rows.clone(), Planned::Count).unwrap();
    let november = charges(&expected, one.months()[0], &one.zone);
    assert_eq!(november.lines.len(), 2, "it is shown in what is expected");
}
