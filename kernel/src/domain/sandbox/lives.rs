//! What became of each customer's subscription.

use super::{Seeding, ground::CODE, people::is_business};
use crate::{
    domain::{
        provisioning::{self, NewRequest},
        subscriptions::{self, NewSubscription, Pause, PlanChange},
    },
    error::Result,
};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    ids::{PlanId, SubscriptionId},
    plan::standard::{BUSINESS_1G, BUSINESS_10G, RESIDENTIAL_1G, RESIDENTIAL_100, RESIDENTIAL_500},
    provisioning_request::RequestType,
};

/// How a customer's subscription goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// It is delivered.
    Active,
    /// It was suspended some days ago.
    Suspended,
    /// It was disconnected some weeks ago.
    Cancelled,
    /// It is to be installed in a few days.
    Awaited,
    /// It is to be installed at a date.
    Dated,
    /// It could not be installed: nobody is served there.
    Unreachable,
    /// Its installation was called off.
    CalledOff,
    /// There is none yet.
    New,
}

impl Life {
    /// That of the customer with this number, from 0.
    pub(super) const fn of(number: usize) -> Self {
        match number {
            0..78 => Self::Active,
            78..84 => Self::Suspended,
            84..89 => Self::Cancelled,
            89..92 => Self::Awaited,
            92..94 => Self::Dated,
            94..96 => Self::Unreachable,
            96 => Self::CalledOff,
            _ => Self::New,
        }
    }

    /// How long ago it was ordered, or, where nothing was, could have been.
    pub(super) fn age(self, number: usize) -> TimeDelta {
        let spread = i64::try_from(number % 13).unwrap_or(0);
        match self {
            Self::Active | Self::Suspended | Self::Cancelled => {
                TimeDelta::days(75 - spread) + TimeDelta::minutes(37 * spread)
            }
            _ => TimeDelta::days(5) - TimeDelta::minutes(37 * spread),
        }
    }
}

/// Of those that were delivered from the start, the ones of which something more is to be told.
const WITH_CODE: std::ops::Range<usize> = 0..4;
const UPGRADED: std::ops::Range<usize> = 8..11;
const TO_BE_UPGRADED: usize = 11;
const TO_BE_DOWNGRADED: usize = 12;

impl Seeding {
    /// Orders a subscription for all who have one, and lets it go its way.
    pub(super) async fn live(&mut self) -> Result<()> {
        for number in 0..self.customers.len() {
            match Life::of(number) {
                Life::New => {}
                Life::Dated => self.order(number, Some(self.ago(-24 * 7))).await.map(drop)?,
                life => self.go(life, number).await?,
            }
        }
        Ok(())
    }

    /// From the order to how it is now.
    async fn go(&mut self, life: Life, number: usize) -> Result<()> {
        let id = self.order(number, None).await?;
        let scheduled = matches!(life, Life::Awaited | Life::CalledOff).then(|| self.ago(-24 * 3));
        self.request(number, id, RequestType::NewInstall, scheduled).await?;
        match life {
            Life::Awaited => return Ok(()),
            Life::CalledOff => return provisioning::cancel(&self.work, id).await,
            _ => self.carry_out(id, TimeDelta::hours(30)).await?,
        }
        match life {
            Life::Suspended => self.suspend(number, id).await,
            Life::Cancelled => {
                self.at(self.ago(24 * 25));
                self.request(number, id, RequestType::Disconnect, None).await?;
                self.carry_out(id, TimeDelta::hours(2)).await
            }
            Life::Active => self.change(number, id).await,
            _ => Ok(()),
        }
    }

    async fn order(&mut self, number: usize, start_date: Option<DateTime<Utc>>) -> Result<SubscriptionId> {
        self.at(self.now - Life::of(number).age(number));
        let new = NewSubscription {
            customer: self.customers[number].id,
            plan: self.plan(number),
            start_date,
            already_installed: false,
            promotion_code: WITH_CODE.contains(&number).then(|| CODE.to_owned()),
            metadata: None,
        };
        Ok(subscriptions::create(&self.work, new).await?.id)
    }

    fn plan(&mut self, number: usize) -> PlanId {
        let any = self.dice.pick(&[RESIDENTIAL_100, RESIDENTIAL_500, RESIDENTIAL_500, RESIDENTIAL_1G]);
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

    /// Has the request that is open done, as the simulator would have, after that time.
    async fn carry_out(&mut self, subscription: SubscriptionId, after: TimeDelta) -> Result<()> {
        self.at(self.work.now() + after);
        self.provisioned.carry_out(&self.work, subscription).await
    }

    /// Every other one until a date.
    async fn suspend(&self, number: usize, id: SubscriptionId) -> Result<()> {
        self.at(self.ago(24 * 10));
        let resume_at = number.is_multiple_of(2).then(|| self.ago(-24 * 12));
        let pause = Pause { reason: Some("The customer is travelling".into()), resume_at };
        subscriptions::suspend(&self.work, id, pause).await.map(drop)
    }

    /// What becomes of the plan of some.
    async fn change(&mut self, number: usize, id: SubscriptionId) -> Result<()> {
        let to = |plan, effective| PlanChange { plan, effective, prorate: true };
        if UPGRADED.contains(&number) {
            self.at(self.ago(24 * 20));
            let better = if is_business(number) { BUSINESS_10G } else { RESIDENTIAL_500 };
            subscriptions::upgrade(&self.work, id, to(better, None)).await?;
            return self.carry_out(id, TimeDelta::minutes(5)).await;
        }
        self.at(self.ago(24));
        let later = Some(self.ago(-24 * 14));
        match number {
            TO_BE_UPGRADED => {
                subscriptions::upgrade(&self.work, id, to(RESIDENTIAL_1G, later)).await.map(drop)
            }
            TO_BE_DOWNGRADED => {
                subscriptions::downgrade(&self.work, id, to(RESIDENTIAL_500, later)).await.map(drop)
            }
            _ => Ok(()),
        }
    }
}
