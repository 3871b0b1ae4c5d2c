//! An organization with coverage, ONTs and pools, and customers with subscriptions.

use crate::{
    app::{Caller, PATIENCE, Pairing, TestApp},
    contracts::partner::customer,
};
use anyhow::{Context, Result, ensure};
use entities::{
    ids::{CustomerId, OltId, OntId, OrganizationId, PlanId, ProvisioningId, ServiceAreaId, SubscriptionId},
    ip_allocation,
    olt::{self, Stage},
    ont::{self, OntStatus},
    organization,
    plan::{Provisioner, standard},
    provisioning_step, service_area, simulated_service,
    subscription::{self, SubscriptionStatus},
};
use harness::until;
use isp::{
    addresses::{self, Block},
    plans::Plans,
};
use kernel::{Kernel, UnitOfWork, events::Actor};
use platform::config::Settings;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter,
};
use serde_json::{Value, json};
use std::time::Duration;

pub const REGION: &str = "Escondido";

/// What there is to give to customers.
#[derive(Clone, Copy)]
pub struct Supplies<'a> {
    /// Networks, a pool each.
    pub pools: &'a [&'a str],
    /// Boxes.
    pub onts: usize,
}

/// Plenty.
pub const PLENTY: Supplies<'_> = Supplies { pools: &["192.0.2.0/24", "2001:db8::/48"], onts: 10 };

/// See the module.
#[derive(Clone)]
pub struct Ground {
    pub kernel: Kernel,
    pub caller: Caller,
    pub organization: OrganizationId,
}

impl Ground {
    /// A platform with a worker, whose retries come at once, and supplies.
    pub async fn app(
        pairing: Pairing,
        supplies: Supplies<'_>,
        change: impl FnOnce(&mut Settings),
    ) -> Result<(TestApp, Self)> {
        let mut app = TestApp::new(pairing, |settings| {
            settings.retention.interval = Duration::from_millis(200);
            for kind in ["provisioning", "provisioning_undo", "network_sync"] {
                let jobs = settings.jobs.get_mut(kind).expect("a section a kind");
                jobs.retry = vec![Duration::from_millis(10); 3];
            }
            change(settings);
        })
        .await?;
        let caller = app.serve().await?;
        let ground = Self::new(&app.kernel, caller, supplies).await?;
        app.work();
        Ok((app, ground))
    }

    /// Supplies for the organization `acme`, whose caller this is.
    pub async fn new(kernel: &Kernel, caller: Caller, supplies: Supplies<'_>) -> Result<Self> {
        let acme = organization::Entity::named("acme").one(kernel.db.reader()).await?.context("acme")?;
        let ground = Self { kernel: kernel.clone(), caller, organization: acme.id };
        for network in supplies.pools {
            let (work, block) = (ground.work(), Block::new(network, None).map_err(anyhow::Error::msg)?);
            addresses::add(&work, network, REGION, network, block).await?;
            work.commit().await?;
        }
        ground.cover(supplies.onts).await?;
        Ok(ground)
    }

    /// Serves Escondido, where the tests' customers live.
    async fn cover(&self, onts: usize) -> Result<()> {
        let (db, now, organization_id) =
            (self.kernel.db.writer(), self.kernel.clock.now(), self.organization);
        let olt = olt::Model {
            id: OltId::new(),
            organization_id,
            code: "olt_esc_001".into(),
            name: "Escondido".into(),
            region: REGION.into(),
            latitude: 33.1192,
            longitude: -117.0864,
            radius_miles: 12.5,
            status: Stage::Active,
            created_at: now,
            updated_at: now,
        };
        olt.clone().into_active_model().insert(db).await?;
        let area = service_area::Model {
            id: ServiceAreaId::new(),
            organization_id,
            name: "Escondido".into(),
            city: "Escondido".into(),
            city_key: "escondido".into(),
            state: "CA".into(),
            zip: String::new(),
            latitude: None,
            longitude: None,
            region: REGION.into(),
            olt_id: olt.id,
            plans: service_area::PlanCodes(vec![]),
            install_days: 3,
            status: Stage::Active,
            reason: None,
            created_at: now,
            updated_at: now,
        };
        area.into_active_model().insert(db).await?;
        let ont = |number: usize| ont::Model {
            id: OntId::new(),
            organization_id,
            olt_id: olt.id,
            code: format!("ont_esc_{number:03}"),
            serial: format!("SN{number:03}"),
            status: OntStatus::Available,
            owner_id: None,
            assigned_at: None,
            created_at: now,
            updated_at: now,
        };
        ont::Entity::insert_many((1..=onts).map(|number| ont(number).into_active_model())).exec(db).await?;
        Ok(())
    }

    /// A unit of work of the operator.
    pub fn work(&self) -> UnitOfWork {
        UnitOfWork::new(self.kernel.clone(), Actor::system(self.organization))
    }

    /// A customer with a subscription that is to be installed.
    pub async fn subscribed(&self, email: &str) -> Result<Subscribed> {
        self.subscribed_at(customer(email)).await
    }

    /// Like it, for any customer.
    pub async fn subscribed_at(&self, customer: Value) -> Result<Subscribed> {
        let made = self.caller.post("/api/v1/customers", &customer).await?;
        ensure!(made.status == 201, "{made:?}");
        let customer: CustomerId = made.json()["data"]["id"].as_str().context("an id")?.parse()?;
        let now = self.kernel.clock.now();
        let subscription = subscription::Model {
            id: SubscriptionId::new(),
            organization_id: self.organization,
            customer_id: customer,
            plan_id: standard::RESIDENTIAL_500,
            status: SubscriptionStatus::Pending,
            monthly_cents: 7_999,
            activation_cents: 4_900,
            provisioner: Provisioner::Simulator,
            vendor_provisioner_id: None,
            external_ids: None,
            sandbox: false,
            promotion: None,
            starts_at: None,
            already_installed: false,
            started_at: None,
            ended_at: None,
            resume_at: None,
            reason: None,
            metadata: None,
            created_at: now,
            updated_at: now,
        };
        let id = subscription.id;
        subscription.into_active_model().insert(self.kernel.db.writer()).await?;
        Ok(Subscribed { customer, id })
    }

    /// Asks for something to be done; where the request is.
    pub async fn open(&self, of: Subscribed, kind: &str, more: Value) -> Result<String> {
        let answer = self.caller.post("/api/v1/provisioning", &of.asking(kind, &more)).await?;
        ensure!(answer.status == 201, "{answer:?}");
        let id = answer.json()["data"]["id"].as_str().context("an id")?.to_owned();
        Ok(format!("/api/v1/provisioning/{id}"))
    }

    /// The request, once it has ended.
    pub async fn ended(&self, path: &str) -> Result<Value> {
        self.when(path, |request| request["status"] != "PENDING" && request["status"] != "IN_PROGRESS").await
    }

    /// The request, once `is` holds of it.
    pub async fn when(&self, path: &str, is: impl Fn(&Value) -> bool) -> Result<Value> {
        until("the request has ended, or stands as it should", PATIENCE, async || {
            Ok(Some(self.caller.get(path).await?.json()["data"].take()).filter(&is))
        })
        .await
    }

    /// Asks for something to be done, and waits for how it ends.
    pub async fn done(&self, of: Subscribed, kind: &str) -> Result<Value> {
        let path = self.open(of, kind, json!({})).await?;
        self.ended(&path).await
    }

    /// Like it; the request must succeed.
    pub async fn completed(&self, of: Subscribed, kind: &str) -> Result<Value> {
        let request = self.done(of, kind).await?;
        ensure!(request["status"] == "COMPLETED", "{request}");
        Ok(request)
    }

    /// The customer's allocated addresses with their states.
    pub async fn ips(&self, of: Subscribed) -> Result<Vec<(String, String)>> {
        let answer = self.caller.get(&format!("/api/v1/customers/{}/ips", of.customer)).await?.json();
        let all = answer["data"]["allocations"].as_array().cloned().context("a list")?;
        let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let kept = all.iter().filter(|one| one["status"] != "RELEASED");
        Ok(kept.map(|one| (text(one, "address"), text(one, "status"))).collect())
    }

    /// How many boxes somebody has.
    pub async fn onts_taken(&self) -> Result<u64> {
        let taken = ont::Entity::find().filter(ont::Column::Status.eq(OntStatus::Assigned));
        Ok(taken.count(self.kernel.db.reader()).await?)
    }

    /// How many addresses are reserved or in use.
    pub async fn addresses_taken(&self) -> Result<u64> {
        let taken = ip_allocation::Entity::find().filter(ip_allocation::Column::ReleasedAt.is_null());
        Ok(taken.count(self.kernel.db.reader()).await?)
    }

    /// What the network does for the subscription.
    pub async fn network(&self, of: Subscribed) -> Result<Option<simulated_service::Model>> {
        let found = simulated_service::Entity::find_by_id(of.id).one(self.kernel.db.reader()).await?;
        Ok(found.filter(|row| row.present))
    }

    /// The subscription as it is now.
    pub async fn subscription(&self, of: Subscribed) -> Result<subscription::Model> {
        let found = subscription::Entity::find_by_id(of.id).one(self.kernel.db.reader()).await?;
        found.context("the subscription")
    }

    /// Has the subscription another status, without anybody being told.
    pub async fn set_status(&self, of: Subscribed, status: SubscriptionStatus) -> Result<()> {
        let row = subscription::ActiveModel { id: Set(of.id), status: Set(status), ..Default::default() };
        row.update(self.kernel.db.writer()).await?;
        Ok(())
    }

    /// Has the subscription another plan, without anybody being told.
    pub async fn set_plan(&self, of: Subscribed, plan: PlanId) -> Result<()> {
        let row = subscription::ActiveModel { id: Set(of.id), plan_id: Set(plan), ..Default::default() };
        row.update(self.kernel.db.writer()).await?;
        Ok(())
    }

    /// What a plan is called.
    pub async fn code(&self, plan: PlanId) -> Result<String> {
        let plans = Plans::of(self.kernel.db.reader(), self.organization).await?;
        Ok(plans.code(plan)?.to_owned())
    }

    /// The steps of a request, with their states.
    pub async fn steps(&self, request: &Value) -> Result<Vec<(String, String)>> {
        let id: ProvisioningId = request["id"].as_str().context("an id")?.parse()?;
        let steps = provisioning_step::Entity::of(id).all(self.kernel.db.reader()).await?;
        let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
        let show = |step: provisioning_step::Model| {
            Ok((word(serde_json::to_value(step.name)?), word(serde_json::to_value(step.state)?)))
        };
        steps.into_iter().map(show).collect()
    }
}

/// A customer and the subscription.
#[derive(Debug, Clone, Copy)]
pub struct Subscribed {
    pub customer: CustomerId,
    pub id: SubscriptionId,
}

impl Subscribed {
    /// A request for this; `more` replaces and adds to what is sent.
    pub fn asking(self, kind: &str, more: &Value) -> Value {
        let mut body = json!({
            "customerId": self.customer.to_string(),
            "subscriptionId": self.id.to_string(),
            "requestType": kind,
        });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        body
    }
}
