//! A network with a RADIUS server, and an organization that sells a plan on it.

use super::{
    super::fixtures::{Ground, PLENTY, Subscribed},
    nas::Nas,
};
use crate::{
    app::{PATIENCE, Pairing, TestApp},
    contracts::partner::customer,
};
use anyhow::{Context, Result, ensure};
use entities::plan::{Provisioner, standard};
use harness::{RadiusAnswer, RadiusServer, shared, until};
use isp::plans::{self, Changes};
use platform::config::Settings;
use serde_json::{Value, json};
use std::time::Duration;

/// What a NAS tells of a session that has begun.
pub const BEGUN: &str = "Framed-IP-Address = 192.0.2.2\n";

/// Retries that do not end while a test looks on.
pub const PERSISTENT: (Duration, usize) = (Duration::from_millis(50), 1000);
/// Retries that do.
pub const BRIEF: (Duration, usize) = (Duration::from_millis(20), 2);

/// See the module.
pub struct Network {
    pub app: TestApp,
    pub ground: Ground,
    pub nas: Nas,
    pub radius: RadiusServer,
}

impl Network {
    /// With retries `times` after `pause`, and settings to the test's liking.
    pub async fn new(
        pairing: Pairing,
        (pause, times): (Duration, usize),
        change: impl FnOnce(&mut Settings),
    ) -> Result<Self> {
        let radius = RadiusServer::start(&shared().postgres)?;
        let nas = Nas::start(radius.nas_port()).await?;
        let (app, ground) = Ground::app(pairing, PLENTY, |settings| {
            for kind in ["provisioning", "provisioning_undo", "network_sync"] {
                settings.jobs.get_mut(kind).expect("a section a kind").retry = vec![pause; times];
            }
            let its = &mut settings.provisioners.radius;
            (its.url, its.port) = (radius.url().into(), nas.port.into());
            its.secret = radius.secret().into();
            its.timeout = Duration::from_millis(500);
            its.tries = 2;
            change(settings);
        })
        .await?;
        let network = Self { app, ground, nas, radius };
        let work = network.ground.work();
        let changes = Changes { provisioner: Some(Provisioner::Radius), ..Changes::default() };
        for plan in [standard::RESIDENTIAL_500, standard::RESIDENTIAL_1G] {
            plans::set(&work, plan, changes.clone()).await?;
        }
        work.commit().await?;
        Ok(network)
    }

    /// A customer who has ordered.
    pub async fn ordered(&self, email: &str) -> Result<Subscribed> {
        let made = self.ground.caller.post("/api/v1/customers", &customer(email)).await?.json();
        let id = &made["data"]["id"];
        let order = json!({ "customerId": id, "serviceTier": "RESIDENTIAL_500" });
        let ordered = self.ground.caller.post("/api/v1/subscriptions", &order).await?;
        ensure!(ordered.status == 201, "{ordered:?}");
        let subscription = ordered.json()["data"]["id"].as_str().context("an id")?.parse()?;
        Ok(Subscribed { customer: id.as_str().context("an id")?.parse()?, id: subscription })
    }

    /// Like it, installed.
    pub async fn installed(&self) -> Result<Subscribed> {
        let of = self.ordered("john@example.com").await?;
        self.ground.completed(of, "NEW_INSTALL").await?;
        Ok(of)
    }

    /// Does something to the subscription over HTTP.
    pub async fn done(&self, of: Subscribed, what: &str) -> Result<Value> {
        let path = format!("/api/v1/subscriptions/{}/{what}", of.id);
        let answer = self.ground.caller.post(&path, &json!({})).await?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(answer.json()["data"].take())
    }

    /// What a statement in the RADIUS database says.
    pub fn sql(&self, sql: &str) -> Result<String> {
        let database = self.radius.url().rsplit('/').next().context("a URL has a database")?;
        Ok(shared().postgres.sql(database, sql)?.trim().to_owned())
    }

    /// The password that was made for the subscription.
    pub fn password(&self, of: Subscribed) -> Result<String> {
        self.sql(&format!(
            "select value from radcheck where username = '{}' and attribute = 'Cleartext-Password'",
            of.id
        ))
    }

    /// What becomes of who logs in.
    pub fn log_in(&self, of: Subscribed, password: &str) -> Result<RadiusAnswer> {
        self.radius.log_in(&of.id.to_string(), password)
    }

    /// Tells of a session, as its NAS does.
    pub fn account(&self, of: Subscribed, session: &str, what: &str, further: &str) -> Result<()> {
        let answer = self.radius.account(&of.id.to_string(), session, what, further)?;
        ensure!(answer.code.as_deref() == Some("Accounting-Response"), "{answer:?}");
        Ok(())
    }

    /// Waits until the NAS has been asked so often, and has acknowledged the end of a session each time: the answer
    /// to the first was not enough.
    pub async fn asked_again(&self) -> Result<()> {
        let again = async || Ok((self.nas.answers().len() >= 2).then_some(()));
        until("the NAS is asked again", PATIENCE, again).await
    }
}

/// What `radclient` shows of an answer's attribute, without quotes.
pub fn shown(answer: &RadiusAnswer, attribute: &str) -> Option<String> {
    let lines = answer.text.lines().skip_while(|line| !line.starts_with("Received"));
    let mut values = lines.filter_map(|line| line.trim().strip_prefix(attribute)?.strip_prefix(" = "));
    values.next().map(|value| value.trim_matches('"').to_owned())
}

/// Whether the answer lets somebody in.
pub fn let_in(answer: &RadiusAnswer) -> bool {
    match answer.code.as_deref() {
        Some("Access-Accept") => true,
        Some("Access-Reject") => false,
        _ => panic!("{answer:?}"),
    }
}
