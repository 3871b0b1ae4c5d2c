//! Customers with past subscriptions.

use crate::app::TestApp;
use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use entities::{
    customer::{Address, CustomerType},
    ids::{CustomerId, JobId, OrganizationId, PlanId, SubscriptionChangeId, SubscriptionId},
    invoice,
    plan::{Provisioner, standard},
    subscription::{self, SubscriptionStatus},
    subscription_change,
};
use isp::{
    charges::{Activation, Kind, Plan},
    customers::{self, NewCustomer},
    invoices::{self, Billed, CustomerRange, NewPayment, Received},
};
use kernel::{Kernel, UnitOfWork, events::Actor, organizations};
use rust_decimal::Decimal;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

/// The beginning of a subscription, without a fee.
pub fn activated(plan: &str, price: &str) -> Kind {
    Kind::Activated(Activation { plan: at_price(plan, price), fee: Decimal::ZERO, promotion: None })
}

/// Another plan, from that second on.
pub fn changed(plan: &str, price: &str) -> Kind {
    Kind::Changed { plan: at_price(plan, price), prorate: true }
}

fn at_price(name: &str, price: &str) -> Plan {
    Plan { name: name.into(), price: price.parse().unwrap() }
}

fn person(email: &str, state: &str) -> NewCustomer {
    NewCustomer {
        email: email.into(),
        first_name: "John".into(),
        last_name: "Doe".into(),
        phone: None,
        kind: CustomerType::Individual,
        company_name: None,
        service_address: Address {
            street1: "1 Main Street".into(),
            street2: None,
            city: "Escondido".into(),
            state: state.into(),
            zip: "92025".into(),
            country: "US".into(),
        },
        billing_address: None,
        metadata: None,
    }
}

/// What is done for an organization, by the operator and by time.
pub struct Books {
    kernel: Kernel,
    pub organization: OrganizationId,
}

impl Books {
    /// Of an organization, which is made if there is none.
    pub async fn of(app: &TestApp, name: &str) -> Result<Self> {
        let work = UnitOfWork::new(app.kernel.clone(), Actor::platform());
        let organization = organizations::ensure(&work, name).await?.id;
        work.commit().await?;
        Ok(Self { kernel: app.kernel.clone(), organization })
    }

    pub fn work(&self) -> UnitOfWork {
        UnitOfWork::new(self.kernel.clone(), Actor::system(self.organization))
    }

    pub async fn tax(&self, state: &str, percent: &str) -> Result<()> {
        let work = self.work();
        invoices::set_tax(&work, state, percent.parse()?).await?;
        Ok(work.commit().await?)
    }

    /// A customer in California with a subscription of that past.
    pub async fn subscriber(&self, email: &str, past: &[(&str, Kind)]) -> Result<CustomerId> {
        self.subscriber_in("CA", email, past).await
    }

    /// A customer in another state.
    pub async fn subscriber_in(&self, state: &str, email: &str, past: &[(&str, Kind)]) -> Result<CustomerId> {
        let work = self.work();
        let customer = customers::create(&work, person(email, state)).await?.id;
        work.commit().await?;
        self.subscribe(customer, standard::RESIDENTIAL_500, past).await?;
        Ok(customer)
    }

    /// So many customers with a subscription for 100 dollars a month since October.
    pub async fn many(&self, count: usize) -> Result<Vec<CustomerId>> {
        let mut made = vec![];
        for number in 0..count {
            let past = [("2026-10-01T00:00:00Z", activated("Fiber 500", "100"))];
            made.push(self.subscriber(&format!("c{number}@example.com"), &past).await?);
        }
        Ok(made)
    }

    /// One more subscription of a customer.
    pub async fn subscribe(
        &self,
        customer: CustomerId,
        plan_id: PlanId,
        past: &[(&str, Kind)],
    ) -> Result<SubscriptionId> {
        let work = self.work();
        let id = SubscriptionId::new();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let ended_at = past.iter().find(|(_, kind)| *kind == Kind::Ended).map(|(when, _)| at(when));
        let row = subscription::Model {
            id,
            organization_id: self.organization,
            customer_id: customer,
            plan_id,
            status: if ended_at.is_some() {
                SubscriptionStatus::Cancelled
            } else {
                SubscriptionStatus::Active
            },
            monthly_cents: 0,
            activation_cents: 0,
            provisioner: Provisioner::Simulator,
            vendor_provisioner_id: None,
            external_ids: None,
            sandbox: false,
            promotion: None,
            starts_at: None,
            already_installed: false,
            started_at: past.first().map(|(when, _)| at(when)),
            ended_at,
            resume_at: None,
            reason: None,
            metadata: None,
            created_at: work.now(),
            updated_at: work.now(),
        };
        row.into_active_model().insert(&work.transaction().await?).await?;
        for (when, kind) in past {
            let change = subscription_change::Model {
                id: SubscriptionChangeId::new(),
                organization_id: self.organization,
                subscription_id: id,
                effective_at: at(when),
                kind: serde_json::to_value(kind)?,
                plan_id: None,
                applied_at: Some(at(when).min(work.now())),
                billed_at: None,
                failed_at: None,
            };
            change.into_active_model().insert(&work.transaction().await?).await?;
        }
        work.commit().await?;
        Ok(id)
    }

    /// Has the beginning of a subscription entered only now.
    pub async fn entered_now(&self, id: SubscriptionId) -> Result<()> {
        let now = self.kernel.clock.now();
        let all = subscription_change::Entity::update_many();
        let all = all.col_expr(subscription_change::Column::AppliedAt, now.into());
        let all = all.filter(subscription_change::Column::SubscriptionId.eq(id));
        all.exec(self.kernel.db.writer()).await?;
        Ok(())
    }

    /// Bills November to those within bounds, as a job's handler does.
    pub async fn bill(&self, bounds: CustomerRange) -> platform::Result<Billed> {
        self.bill_of("2026-11", bounds).await
    }

    /// Like it, for a month.
    pub async fn bill_of(&self, month: &str, bounds: CustomerRange) -> platform::Result<Billed> {
        let work = self.work();
        let billed = invoices::bill(&work, invoices::month(month)?, bounds).await?;
        work.commit().await?;
        Ok(billed)
    }

    /// Begins the run of a month; its job.
    pub async fn begin(&self, month: &str) -> Result<JobId> {
        let work = self.work();
        let begun = invoices::begin(&work, invoices::month(month)?).await?;
        work.commit().await?;
        Ok(begun.context("nobody to bill")?.job)
    }

    pub async fn pay(
        &self,
        customer: CustomerId,
        dollars: &str,
        reference: &str,
    ) -> platform::Result<Received> {
        self.pay_for(customer, dollars, reference, None).await
    }

    pub async fn pay_for(
        &self,
        customer: CustomerId,
        dollars: &str,
        reference: &str,
        invoice: Option<&str>,
    ) -> platform::Result<Received> {
        let work = self.work();
        let new = NewPayment {
            customer,
            amount: dollars.parse().unwrap(),
            method: "card".into(),
            reference: reference.into(),
            invoice: invoice.map(str::to_owned),
        };
        let received = invoices::pay(&work, new).await?;
        work.commit().await?;
        Ok(received)
    }

    /// All invoices of all organizations, the oldest first.
    pub async fn invoices(&self) -> Result<Vec<invoice::Model>> {
        let all = invoice::Entity::find().order_by_asc(invoice::Column::Number);
        Ok(all.all(self.kernel.db.reader()).await?)
    }

    /// How the newest subscription stands.
    pub async fn standing(&self) -> Result<SubscriptionStatus> {
        let newest = subscription::Entity::of(self.organization).one(self.kernel.db.reader()).await?;
        Ok(newest.context("no subscription")?.status)
    }
}
