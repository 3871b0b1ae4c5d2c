//! The steps.

use crate::{
    app::{Arrival, Caller, Hook, Mail, PATIENCE, Receiver, SmtpServer},
    contracts::partner::customer,
    provisioning::{Ground, Subscribed},
};
use anyhow::{Context, Result, ensure};
use entities::network_service;
use harness::until;
use isp::{
    charges::Month,
    invoices::{self, NewPayment},
};
use rust_decimal::Decimal;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

/// All that has to do with the outside: who is told, and where mail goes.
pub struct Story {
    pub ground: Ground,
    receiver: Receiver,
    hook: Hook,
    mail: SmtpServer,
}

/// The steps and their events.
const TOLD: [&str; 7] = [
    "customer.created",
    "subscription.created",
    "provisioning.started",
    "provisioning.completed",
    "subscription.updated",
    "subscription.cancelled",
    "customer.updated",
];

/// How a subscription is suspended and resumed: the operations, its status, and whether the service is suspended.
pub const PAUSE: [(&str, &str, bool); 2] = [("suspend", "SUSPENDED", true), ("resume", "ACTIVE", false)];

impl Story {
    pub async fn new(ground: Ground, mail: SmtpServer) -> Result<Self> {
        let receiver = Receiver::start().await?;
        let hook = ground.caller.hook(&receiver, json!({ "events": TOLD })).await?;
        let work = ground.work();
        invoices::set_tax(&work, "CA", Decimal::new(825, 2)).await?;
        work.commit().await?;
        Ok(Self { ground, receiver, hook, mail })
    }

    fn caller(&self) -> &Caller {
        &self.ground.caller
    }

    async fn data(&self, path: &str) -> Result<Value> {
        let answer = self.caller().get(path).await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        Ok(answer.json()["data"].take())
    }

    async fn posted(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.caller().post(path, body).await?;
        ensure!(answer.status < 300, "{path}: {answer:?}");
        Ok(answer.json()["data"].take())
    }

    /// The address can be served, with the plan that is wanted.
    pub async fn is_served(&self) -> Result<()> {
        let path = "/api/v1/serviceability?address=123%20Main%20Street%2C%20Escondido%2C%20CA%2092025";
        let served = self.data(path).await?;
        assert_eq!(served["serviceable"], true, "{served}");
        let plans = served["availablePlans"].as_array().context("plans")?;
        assert!(plans.iter().any(|plan| plan["tier"] == "RESIDENTIAL_500"), "{served}");
        Ok(())
    }

    /// A customer with a subscription, which was installed elsewhere at a date, or is to be installed.
    pub async fn ordered(&self, begins: Option<&str>) -> Result<Subscribed> {
        let customer = self.posted("/api/v1/customers", &customer("john@example.com")).await?;
        let mut order = json!({ "customerId": customer["id"], "serviceTier": "RESIDENTIAL_500" });
        if let Some(begins) = begins {
            order["startDate"] = begins.into();
            order["alreadyInstalled"] = true.into();
        }
        let subscription = self.posted("/api/v1/subscriptions", &order).await?;
        let id = |made: &Value| made["id"].as_str().map(str::to_owned).context("an id");
        Ok(Subscribed { customer: id(&customer)?.parse()?, id: id(&subscription)?.parse()? })
    }

    /// The request of that type, once it has ended well.
    pub async fn completed(&self, of: Subscribed, kind: &str) -> Result<Value> {
        let path = format!("/api/v1/provisioning?customerId={}&limit=100", of.customer);
        until(kind, PATIENCE, async || {
            let requests = self.data(&path).await?;
            let found =
                requests.as_array().and_then(|all| all.iter().rfind(|one| one["requestType"] == kind));
            let ended = found.filter(|one| one["status"] != "PENDING" && one["status"] != "IN_PROGRESS");
            Ok(ended.cloned())
        })
        .await
        .and_then(|ended| {
            ensure!(ended["status"] == "COMPLETED", "{ended}");
            Ok(ended)
        })
    }

    async fn status(&self, of: Subscribed) -> Result<Value> {
        Ok(self.data(&format!("/api/v1/subscriptions/{}", of.id)).await?["status"].take())
    }

    /// It is active, and the customer has the address that provisioning says.
    pub async fn is_installed(&self, of: Subscribed, request: &Value) -> Result<()> {
        assert_eq!(self.status(of).await?, "ACTIVE");
        let address = request["ipAllocation"]["ipv4"].as_str().context("an address")?.to_owned();
        let ips = self.ground.ips(of).await?;
        assert!(ips.contains(&(address, "ACTIVE".into())), "{ips:?}");
        assert!(request["ontId"].is_string(), "{request}");
        Ok(())
    }

    /// A better plan, at once: it costs more this month, and the network follows.
    pub async fn upgraded(&self, of: Subscribed) -> Result<()> {
        let change = json!({ "newTier": "RESIDENTIAL_1G" });
        let changed = self.posted(&format!("/api/v1/subscriptions/{}/upgrade", of.id), &change).await?;
        assert_eq!(
            (&changed["previousTier"], &changed["newTier"]),
            (&"RESIDENTIAL_500".into(), &"RESIDENTIAL_1G".into())
        );
        let prorated = changed["proratedAmount"].as_f64().context("an amount")?;
        assert!((0.0..=20.0).contains(&prorated), "{changed}");
        Ok(())
    }

    pub async fn suspended_and_resumed(&self, of: Subscribed) -> Result<()> {
        for (what, status, cut) in PAUSE {
            self.paused(of, what, status).await?;
            self.follows(of, cut).await?;
            let network = self.ground.network(of).await?.context("it is there")?;
            assert_eq!(network.suspended, cut);
        }
        Ok(())
    }

    /// Suspended, or resumed.
    pub async fn paused(&self, of: Subscribed, what: &str, status: &str) -> Result<()> {
        let reason = json!({ "reason": "holidays" });
        let changed = self.posted(&format!("/api/v1/subscriptions/{}/{what}", of.id), &reason).await?;
        assert_eq!(changed["newStatus"], status);
        assert_eq!(self.status(of).await?, status);
        Ok(())
    }

    /// The provisioner has applied it.
    pub async fn follows(&self, of: Subscribed, cut: bool) -> Result<()> {
        until("the network follows", PATIENCE, async || {
            let made = network_service::Entity::find_by_id(of.id).one(self.ground.kernel.db.reader()).await?;
            Ok(made.filter(|made| made.suspended == cut).map(drop))
        })
        .await
    }

    /// The invoice of a month that is over, and the mail that it comes with.
    pub async fn invoiced(&self, of: Subscribed, month: Month) -> Result<Value> {
        let work = self.ground.work();
        // The calendar may have begun it already.
        invoices::begin(&work, month).await?;
        work.commit().await?;
        let path = format!("/api/v1/customers/{}/invoices", of.customer);
        let invoice = until("the invoice is made", PATIENCE, async || {
            Ok(self.data(&path).await?.as_array().and_then(|all| all.first().cloned()))
        })
        .await?;
        let mail = until("it is mailed", PATIENCE, async || Ok(self.mail.mails().first().cloned())).await?;
        is_the_mail_of(&mail, &invoice);
        Ok(invoice)
    }

    /// Paid: nothing is owed any more.
    pub async fn paid(&self, of: Subscribed, invoice: &Value) -> Result<()> {
        let balance = format!("/api/v1/customers/{}/balance", of.customer);
        assert_eq!(self.data(&balance).await?["currentBalance"], invoice["total"]);
        let work = self.ground.work();
        let payment = NewPayment {
            customer: of.customer,
            amount: invoice["total"].to_string().parse()?,
            method: "card".into(),
            reference: "the story".into(),
            invoice: None,
        };
        invoices::pay(&work, payment).await?;
        work.commit().await?;
        let id = invoice["id"].as_str().context("an id")?;
        assert_eq!(self.data(&format!("/api/v1/invoices/{id}")).await?["status"], "PAID");
        assert_eq!(self.data(&balance).await?["currentBalance"].as_f64(), Some(0.0));
        Ok(())
    }

    /// Over: the address is back in its pool.
    pub async fn is_over(&self, of: Subscribed) -> Result<()> {
        assert_eq!(self.status(of).await?, "CANCELLED");
        assert!(self.ground.ips(of).await?.is_empty());
        assert_eq!((self.ground.addresses_taken().await?, self.ground.onts_taken().await?), (0, 0));
        assert!(self.ground.network(of).await?.is_none());
        let pools = self.data("/api/v1/ip-pools").await?;
        for pool in pools.as_array().context("pools")? {
            assert_eq!(pool["allocatedAddresses"].as_f64(), Some(0.0), "{pool}");
        }
        Ok(())
    }

    /// All of it was told, signed, and in the order of what happened.
    pub async fn was_told(&self) -> Result<()> {
        let wanted = [
            "customer.created",
            "subscription.created",
            "provisioning.started",
            "provisioning.completed",
            "subscription.cancelled",
        ];
        let told = |arrivals: &[Arrival]| -> Vec<String> {
            arrivals.iter().map(|it| it.header("x-swell-event").to_owned()).collect()
        };
        until("all is told", PATIENCE, async || {
            let told = told(&self.receiver.arrivals());
            Ok(wanted.iter().all(|kind| told.iter().any(|it| it == kind)).then_some(()))
        })
        .await?;
        for arrival in self.receiver.arrivals() {
            assert!(arrival.is_signed_with(&self.hook.secret), "{arrival:?}");
        }
        Ok(())
    }
}

fn is_the_mail_of(mail: &Mail, invoice: &Value) {
    let number = invoice["number"].as_str().unwrap();
    assert_eq!(mail.to, ["john@example.com"]);
    assert!(mail.header("Subject").contains(number), "{}", mail.header("Subject"));
    // "%PDF-" in base64.
    assert!(mail.text.contains("application/pdf") && mail.text.contains("JVBERi0"), "{}", mail.text);
}
