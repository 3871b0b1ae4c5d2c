//! A vendor, and an organization whose plans it fulfils.

use crate::{
    app::{PATIENCE, Pairing, TestApp},
    contracts::partner::customer,
    provisioning::{Ground, PLENTY, Subscribed},
};
use anyhow::{Context, Result, ensure};
use entities::{
    ids::{OrganizationId, VendorProvisionerId},
    job::{self, JobState},
    plan::{Provisioner, standard},
    vendor_detail,
    vendor_request::{self, RequestState, RequestType},
    vendor_result::ResultStatus,
};
use harness::until;
use isp::{
    plans::{self, Changes},
    vendors::{
        provisioners,
        results::{self, NewResult},
    },
};
use kernel::{Kernel, UnitOfWork, events::Actor, organizations};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use webhooks::wire;

/// See the module.
#[derive(Clone)]
pub struct Vendor {
    pub kernel: Kernel,
    pub organization: OrganizationId,
    pub provisioner: VendorProvisionerId,
}

impl Vendor {
    /// A platform with a worker, supplies, and a vendor who fulfils all plans.
    pub async fn app(pairing: Pairing) -> Result<(TestApp, Ground, Self)> {
        let (app, ground) = Ground::app(pairing, PLENTY, |_| {}).await?;
        let vendor = Self::of(&ground).await?;
        Ok((app, ground, vendor))
    }

    /// A vendor who fulfils all plans of the organization.
    pub async fn of(ground: &Ground) -> Result<Self> {
        let work = UnitOfWork::new(ground.kernel.clone(), Actor::platform());
        let organization = organizations::ensure(&work, "cables").await?.id;
        work.commit().await?;
        let work = UnitOfWork::new(ground.kernel.clone(), Actor::system(organization));
        let [provisioner, _] = provisioners::create(&work, "Cables", true).await?;
        work.commit().await?;
        let work = ground.work();
        for plan in [standard::RESIDENTIAL_100, standard::RESIDENTIAL_500, standard::RESIDENTIAL_1G] {
            let changes = Changes {
                provisioner: Some(Provisioner::Vendor),
                vendor_provisioner: Some(provisioner.id),
                ..Changes::default()
            };
            plans::set(&work, plan, changes).await?;
        }
        work.commit().await?;
        Ok(Self { kernel: ground.kernel.clone(), organization, provisioner: provisioner.id })
    }

    /// What was ordered for the subscription, the oldest first.
    pub async fn orders(&self, of: Subscribed) -> Result<Vec<vendor_request::Model>> {
        let mut orders = vendor_request::Entity::ordered_for(of.id).all(self.kernel.db.reader()).await?;
        orders.reverse();
        Ok(orders)
    }

    /// The types of all that was ordered for the subscription, with what became of each.
    pub async fn told(&self, of: Subscribed) -> Result<Vec<(RequestType, RequestState)>> {
        Ok(self.orders(of).await?.into_iter().map(|order| (order.kind, order.state)).collect())
    }

    /// An order of that type which nobody has answered, once it is there and its job waits.
    pub async fn waits(&self, of: Subscribed, kind: RequestType) -> Result<vendor_request::Model> {
        until(&format!("{kind:?} is ordered, and waits"), PATIENCE, async || {
            let last = self.orders(of).await?.pop();
            let Some(order) = last.filter(|it| it.kind == kind && it.state == RequestState::Open) else {
                return Ok(None);
            };
            let job = self.waiting_job(&order).await?;
            Ok((job.state == JobState::Queued && job.run_at == order.deadline_at).then_some(order))
        })
        .await
    }

    /// The job that goes on when the order is decided.
    pub async fn waiting_job(&self, order: &vendor_request::Model) -> Result<job::Model> {
        let id = order.waiting_job.context("a job that waits")?;
        job::Entity::find_by_id(id).one(self.kernel.db.reader()).await?.context("the job")
    }

    /// The latest details of the order.
    pub async fn details(&self, order: &vendor_request::Model) -> Result<Value> {
        let all = vendor_detail::Entity::of(order.id).order_by_desc(vendor_detail::Column::Number);
        let found = all.one(self.kernel.db.reader()).await?.context("details")?;
        Ok(wire::vendor::details(&found.details)?.read()?)
    }

    /// Says whether the vendor's provisioner takes suspensions.
    pub async fn takes_suspensions(&self, suspensions: bool) -> Result<()> {
        let work = UnitOfWork::new(self.kernel.clone(), Actor::system(self.organization));
        provisioners::set_suspensions(&work, "Cables", suspensions).await?;
        Ok(work.commit().await?)
    }

    /// The order as it is now.
    pub async fn order(&self, order: &vendor_request::Model) -> Result<vendor_request::Model> {
        let found = vendor_request::Entity::find_by_id(order.id).one(self.kernel.db.reader()).await?;
        found.context("the order")
    }

    /// Waits until nobody waits for the vendor's answer to an order any more.
    pub async fn given_up(&self, order: &vendor_request::Model) -> Result<()> {
        until("the order is given up", PATIENCE, async || {
            Ok((self.order(order).await?.state == RequestState::Failed).then_some(()))
        })
        .await
    }

    /// Tells what became of an order.
    pub async fn answer(&self, order: &vendor_request::Model, result: NewResult) -> Result<()> {
        let work = UnitOfWork::new(self.kernel.clone(), Actor::system(self.organization));
        results::post(&work, order.id, result).await?;
        Ok(work.commit().await?)
    }

    /// Tells that an order could not be done, and lets its deadline pass.
    pub async fn fails(&self, order: &vendor_request::Model, why: &str) -> Result<()> {
        self.answer(order, refused(why)).await?;
        until("its job waits for another try", PATIENCE, async || {
            let job = self.waiting_job(order).await?;
            let is_noted = job.state == JobState::Queued && job.run_at == order.deadline_at;
            Ok(is_noted.then_some(()))
        })
        .await?;
        let left = order.deadline_at - self.kernel.clock.now();
        self.kernel.clock.advance(left + chrono::TimeDelta::seconds(1));
        Ok(())
    }

    /// Tells what became of an order that is decided, and is refused.
    pub async fn is_refused(&self, order: &vendor_request::Model, result: NewResult) -> Result<()> {
        let work = UnitOfWork::new(self.kernel.clone(), Actor::system(self.organization));
        let refused = results::post(&work, order.id, result).await;
        ensure!(matches!(refused, Err(platform::Error::Conflict { .. })), "{refused:?}");
        work.rollback().await?;
        Ok(())
    }

    /// Waits for an order of that type, and says that it is done.
    pub async fn does(&self, of: Subscribed, kind: RequestType) -> Result<vendor_request::Model> {
        let order = self.waits(of, kind).await?;
        self.answer(&order, done()).await?;
        Ok(order)
    }
}

impl Ground {
    /// A customer with an order of a plan, over HTTP, so that the plan says who makes it work.
    pub async fn ordered(&self, email: &str) -> Result<Subscribed> {
        let posted = async |path: &str, body: &Value| {
            let answer = self.caller.post(path, body).await?;
            ensure!(answer.status == 201, "{answer:?}");
            Ok(answer.json()["data"]["id"].as_str().context("an id")?.to_owned())
        };
        let customer = posted("/api/v1/customers", &customer(email)).await?;
        let order = json!({ "customerId": customer, "serviceTier": "RESIDENTIAL_500" });
        let id = posted("/api/v1/subscriptions", &order).await?;
        Ok(Subscribed { customer: customer.parse()?, id: id.parse()? })
    }

    /// One whose service the vendor has made work.
    pub async fn installed_by(&self, vendor: &Vendor, email: &str) -> Result<Subscribed> {
        let of = self.ordered(email).await?;
        let path = self.open(of, "NEW_INSTALL", json!({})).await?;
        vendor.does(of, RequestType::NetNew).await?;
        ensure!(self.ended(&path).await?["status"] == "COMPLETED");
        Ok(of)
    }
}

/// A result that says that it was done.
pub fn done() -> NewResult {
    NewResult {
        attempt: None,
        status: ResultStatus::Success,
        error_message: None,
        metadata: None,
        external_subscription_id: None,
        external_partner_id: None,
        external_company_id: None,
        external_enrollment_id: None,
    }
}

/// A result that says that it was not.
pub fn refused(message: &str) -> NewResult {
    NewResult { status: ResultStatus::Fail, error_message: Some(message.into()), ..done() }
}
