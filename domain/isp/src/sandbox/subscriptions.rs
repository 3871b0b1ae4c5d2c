//! Seeds subscriptions.

use super::{Seeding, customers::is_business, reference_data::CODE, scenario::Scenario};
use crate::lifecycle;
use crate::{
    provisioning::{self, NewRequest},
    subscriptions::{NewSubscription, PlanChange, SuspendRequest},
};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    ids::{PlanId, SubscriptionId},
    plan::standard::{BUSINESS_1G, BUSINESS_10G, RESIDENTIAL_1G, RESIDENTIAL_100, RESIDENTIAL_500},
    provisioning_request::RequestType,
};
use platform::error::Result;

/// Customers with active subscriptions that have something special.
const WITH_CODE: std::ops::Range<usize> = 0..4;
const UPGRADED: std::ops::Range<usize> = 8..11;
const TO_BE_UPGRADED: usize = 11;
const TO_BE_DOWNGRADED: usize = 12;

impl Seeding {
    /// Creates the subscriptions and runs their scenarios.
    pub(super) async fn seed_subscriptions(&mut self) -> Result<()> {
        for number in 0..self.customers.len() {
            match Scenario::of(number) {
                Scenario::New => {}
                Scenario::Scheduled => self.order(number, Some(self.ago(-24 * 7))).await.map(drop)?,
                scenario => self.run_scenario(scenario, number).await?,
            }
        }
        Ok(())
    }

    /// Runs a scenario from the order to the present.
    async fn run_scenario(&mut self, scenario: Scenario, number: usize) -> Result<()> {
        let id = self.order(number, None).await?;
        let scheduled = matches!(scenario, Scenario::PendingInstall | Scenario::CancelledInstall)
            .then(|| self.ago(-24 * 3));
        self.request(number, id, RequestType::NewInstall, scheduled).await?;
        match scenario {
            Scenario::PendingInstall => return Ok(()),
            Scenario::CancelledInstall => return provisioning::cancel(&self.work, id).await,
            _ => self.run_request(id, TimeDelta::hours(30)).await?,
        }
        match scenario {
            Scenario::Suspended => self.suspend(number, id).await,
            Scenario::Cancelled => {
                self.at(self.ago(24 * 25));
                self.request(number, id, RequestType::Disconnect, None).await?;
                self.run_request(id, TimeDelta::hours(2)).await
            }
            Scenario::Active => self.change(number, id).await,
            _ => Ok(()),
        }
    }

    async fn order(&mut self, number: usize, start_date: Option<DateTime<Utc>>) -> Result<SubscriptionId> {
        self.at(self.now - Scenario::of(number).age(number));
        let new = NewSubscription {
            customer: self.customers[number].id,
            plan: self.plan(number),
            start_date,
            already_installed: false,
            promotion_code: WITH_CODE.contains(&number).then(|| CODE.to_owned()),
            metadata: None,
        };
        Ok(lifecycle::create(&self.work, new).await?.id)
    }

    fn plan(&mut self, number: usize) -> PlanId {
        let any = self.rng.pick(&[RESIDENTIAL_100, RESIDENTIAL_500, RESIDENTIAL_500, RESIDENTIAL_1G]);
        match number {
            _ if is_business(number) && number % 20 == 9 => BUSINESS_1G,
            _ if is_business(number) => BUSINESS_10G,
            _ if UPGRADED.contains(&number) || number == TO_BE_UPGRADED => RESIDENTIAL_100,
            TO_BE_DOWNGRADED => RESIDENTIAL_1G,
            _ => any,
        }
    }

    async fn request(
        &self,
        number: usize,
        subscription: SubscriptionId,
        kind: RequestType,
        scheduled: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let new = NewRequest {
            customer: self.customers[number].id,
            subscription,
            kind,
            scheduled,
            notes: number.is_multiple_of(5).then(|| "Please call before you come".into()),
            metadata: None,
        };
        provisioning::open(&self.work, new).await.map(drop)
    }

    /// Completes the open request with the simulated network after a time.
    async fn run_request(&mut self, subscription: SubscriptionId, after: TimeDelta) -> Result<()> {
        self.at(self.work.now() + after);
        self.provisioned.run_request(&self.work, subscription).await
    }

    /// Every other one with a resume date.
    async fn suspend(&self, number: usize, id: SubscriptionId) -> Result<()> {
        self.at(self.ago(24 * 10));
        let resume_at = number.is_multiple_of(2).then(|| self.ago(-24 * 12));
        let pause = SuspendRequest { reason: Some("The customer is travelling".into()), resume_at };
        lifecycle::suspend(&self.work, id, pause).await.map(drop)
    }

    /// Changes the plans of some.
    async fn change(&mut self, number: usize, id: SubscriptionId) -> Result<()> {
        let to = |plan, effective| PlanChange { plan, effective, prorate: true };
        if UPGRADED.contains(&number) {
            self.at(self.ago(24 * 20));
            let better = if is_business(number) { BUSINESS_10G } else { RESIDENTIAL_500 };
            lifecycle::upgrade(&self.work, id, to(better, None)).await?;
            return self.run_request(id, TimeDelta::minutes(5)).await;
        }
        self.at(self.ago(24));
        let later = Some(self.ago(-24 * 14));
        match number {
            TO_BE_UPGRADED => lifecycle::upgrade(&self.work, id, to(RESIDENTIAL_1G, later)).await.map(drop),
            TO_BE_DOWNGRADED => {
                lifecycle::downgrade(&self.work, id, to(RESIDENTIAL_500, later)).await.map(drop)
            }
            _ => Ok(()),
        }
    }
}
