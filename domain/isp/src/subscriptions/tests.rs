//! After any sequence of changes, the row matches the history.

use super::{NewSubscription, PlanChange, SuspendRequest, activate, find, history::of};
use crate::lifecycle::{create, downgrade, end, resume, run_due, suspend, upgrade};
use crate::{
    charges::{Kind, State, from_cents},
    customers::{self, NewCustomer},
};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    customer::{Address, CustomerType},
    ids::{CustomerId, PlanId, SubscriptionId},
    plan::standard,
    subscription::{Model, SubscriptionStatus},
    subscription_change,
};
use kernel::{Kernel, UnitOfWork, events::Actor, organizations};
use platform::{Clock, error::Result};
use proptest::{prelude::*, sample::select, test_runner::TestRunner};

/// A change; dates are seconds from now.
#[derive(Debug, Clone)]
enum Step {
    Activate,
    Upgrade(PlanId, Option<i64>),
    Downgrade(PlanId, Option<i64>),
    Suspend(Option<i64>),
    Resume,
    End,
    CarryOut,
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let plan = || select(standard::ALL.to_vec());
    let later = || prop::option::of(-90..200_000i64);
    let step = prop_oneof![
        1 => Just(Step::Activate),
        4 => (plan(), later()).prop_map(|(plan, later)| Step::Upgrade(plan, later)),
        4 => (plan(), later()).prop_map(|(plan, later)| Step::Downgrade(plan, later)),
        3 => later().prop_map(Step::Suspend),
        3 => Just(Step::Resume),
        1 => Just(Step::End),
        2 => Just(Step::CarryOut),
        5 => (0..150_000i64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..14)
}

/// An organization with its own clock.
struct Ground {
    kernel: Kernel,
    actor: Actor,
}

impl Ground {
    async fn new() -> Result<Self> {
        let settings = crate::testing::settings();
        let kernel = Kernel::open(settings, Clock::system(), &webhooks::DirectPublish).await?;
        kernel.db.migrate().await?;
        let mut work = UnitOfWork::new(kernel.clone(), Actor::platform());
        work.actor = Actor::system(organizations::ensure(&work, "acme").await?.id);
        work.commit().await?;
        Ok(Self { kernel, actor: work.actor })
    }

    fn work(&self) -> UnitOfWork {
        UnitOfWork::new(self.kernel.clone(), self.actor.clone())
    }

    /// Creates a subscription for a new customer, applies the steps, and compares after each.
    async fn walk(&self, starts_in: Option<i64>, already_installed: bool, steps: Vec<Step>) -> Result<()> {
        let work = self.work();
        let now = work.now();
        let new = NewSubscription {
            customer: customers::create(&work, somebody()).await?.id,
            plan: standard::RESIDENTIAL_500,
            start_date: starts_in.map(|seconds| now + TimeDelta::seconds(seconds)),
            already_installed,
            promotion_code: None,
            metadata: None,
        };
        let id = create(&work, new).await?.id;
        work.commit().await?;
        self.compare(id, false).await?;
        let mut installed = already_installed;
        for step in steps {
            installed |= matches!(step, Step::Activate);
            let work = self.work();
            // A rejected change must have no effect.
            match self.step(&work, id, &step).await {
                Ok(()) => work.commit().await?,
                Err(platform::Error::Invalid { .. }) => work.rollback().await?,
                Err(other) => return Err(other),
            }
            self.compare(id, false).await?;
            assert!(installed || !self.has_begun(id).await?, "charged, and not installed");
        }
        let work = self.work();
        run_due(&work, id, work.now()).await?;
        work.commit().await?;
        self.compare(id, true).await
    }

    /// Whether it costs anything from some time.
    async fn has_begun(&self, id: SubscriptionId) -> Result<bool> {
        let work = self.work();
        let changes = subscription_change::Entity::of(id).all(&work.transaction().await?).await?;
        work.rollback().await?;
        Ok(of(changes)?.changes().iter().any(|change| matches!(change.kind, Kind::Activated(_))))
    }

    async fn step(&self, work: &UnitOfWork, id: SubscriptionId, step: &Step) -> Result<()> {
        let at = |seconds: i64| work.now() + TimeDelta::seconds(seconds);
        let new =
            |plan: PlanId, later: Option<i64>| PlanChange { plan, effective: later.map(at), prorate: true };
        match *step {
            Step::Activate => activate(work, id, work.now()).await.map(drop),
            Step::Upgrade(plan, later) => upgrade(work, id, new(plan, later)).await.map(drop),
            Step::Downgrade(plan, later) => downgrade(work, id, new(plan, later)).await.map(drop),
            Step::Suspend(later) => {
                suspend(work, id, SuspendRequest { reason: None, resume_at: later.map(at) }).await.map(drop)
            }
            Step::Resume => resume(work, id, SuspendRequest::default()).await.map(drop),
            Step::End => end(work, id, work.now()).await.map(drop),
            Step::CarryOut => run_due(work, id, work.now()).await,
            Step::Wait(seconds) => {
                self.kernel.clock.advance(TimeDelta::seconds(seconds));
                Ok(())
            }
        }
    }

    /// The row matches the applied changes; once everything due is applied, it matches the whole history up to now.
    async fn compare(&self, id: SubscriptionId, lock_and_apply_due: bool) -> Result<()> {
        let work = self.work();
        let transaction = work.transaction().await?;
        let row = find(&transaction, self.actor.organization, id).await?;
        let changes = subscription_change::Entity::of(id).all(&transaction).await?;
        let applied: Vec<_> = changes.iter().filter(|change| change.applied_at.is_some()).cloned().collect();
        agrees(&row, &applied, DateTime::<Utc>::MAX_UTC)?;
        if lock_and_apply_due {
            agrees(&row, &changes, work.now())?;
        }
        assert!(
            changes.iter().filter(|change| change.applied_at.is_none() && change.plan_id.is_some()).count()
                < 2
        );
        Ok(())
    }
}

fn agrees(row: &Model, changes: &[subscription_change::Model], at: DateTime<Utc>) -> Result<()> {
    let past: Vec<_> = changes.iter().filter(|change| change.effective_at <= at).cloned().collect();
    let plan = past.iter().rev().find_map(|change| change.plan_id).unwrap_or(standard::RESIDENTIAL_500);
    let history = of(past)?;
    let status = match history.state(DateTime::<Utc>::MAX_UTC) {
        State::Pending => SubscriptionStatus::Pending,
        State::Active => SubscriptionStatus::Active,
        State::Suspended => SubscriptionStatus::Suspended,
        State::Ended => SubscriptionStatus::Cancelled,
    };
    assert_eq!((row.status, row.plan_id), (status, plan));
    let price = history.changes().iter().rev().find_map(|change| match &change.kind {
        Kind::Activated(activation) => Some(activation.plan.price),
        Kind::Changed { plan, .. } => Some(plan.price),
        _ => None,
    });
    assert!(price.is_none_or(|price| price == from_cents(row.monthly_cents)), "{price:?}: {row:?}");
    Ok(())
}

fn somebody() -> NewCustomer {
    NewCustomer {
        email: format!("{}@example.com", CustomerId::new()),
        first_name: "John".into(),
        last_name: "Doe".into(),
        phone: None,
        kind: CustomerType::Individual,
        company_name: None,
        service_address: Address {
            street1: "123 Main Street".into(),
            street2: None,
            city: "Escondido".into(),
            state: "CA".into(),
            zip: "92025".into(),
            country: "US".into(),
        },
        billing_address: None,
        metadata: None,
    }
}

#[test]
fn the_row_is_what_the_history_says() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ground = runtime.block_on(Ground::new()).unwrap();
    let given = (prop::option::of(-100_000..200_000i64), any::<bool>(), steps());
    let outcome = TestRunner::new(ProptestConfig::with_cases(150)).run(
        &given,
        |(starts_in, already_installed, steps)| {
            runtime
                .block_on(ground.walk(starts_in, already_installed, steps))
                .map_err(|error| TestCaseError::fail(error.to_string()))
        },
    );
    assert!(outcome.is_ok(), "{outcome:?}");
}
