//! Processes killed at any point of a saga.

use super::{
    Ground,
    fixtures::{PLENTY, Subscribed, Supplies},
};
use crate::app::{Caller, PATIENCE, Pairing, both};
use anyhow::{Context, Result};
use entities::{
    event,
    provisioning_request::{self, RequestStatus},
    subscription::SubscriptionStatus,
};
use futures::future::try_join_all;
use harness::{Process, until};
use kernel::{
    Kernel,
    auth::keys::{self, NewKey},
};
use platform::{
    Clock,
    config::{Sources, load},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use std::collections::BTreeSet;

both!(
    an_installation_survives_a_kill_at_each_step,
    a_disconnect_survives_a_kill_at_each_step,
    an_undo_survives_a_kill_at_each_step,
    a_hundred_survive_kills_in_the_middle_of_rounds,
);

/// A platform in a process of its own, started and killed by the test.
pub struct Platform {
    pub ground: Ground,
    address: String,
    environment: Vec<(String, String)>,
    _folder: tempfile::TempDir,
}

impl Platform {
    async fn new(pairing: Pairing) -> Result<Self> {
        Self::with(pairing, PLENTY, &[]).await
    }

    /// With these supplies, and with more settings, by the names of their variables.
    pub async fn with(pairing: Pairing, supplies: Supplies<'_>, more: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = format!("127.0.0.1:{}", harness::free_port());
        let own = [
            ("SWITCHYARD_DATA", folder.path().to_str().context("a path")?),
            ("SWITCHYARD_WORKER_LEASE", "1s"),
            // A process that is killed for every step must not end a job for that.
            ("SWITCHYARD_WORKER_LOST_LEASES", "100"),
            ("SWITCHYARD_RECONCILER_INTERVAL", "100ms"),
            ("SWITCHYARD_RECONCILER_GRACE", "200ms"),
            ("SWITCHYARD_JOBS_PROVISIONING_RETRY", "10ms"),
            ("SWITCHYARD_JOBS_PROVISIONING_UNDO_RETRY", "10ms"),
            ("SWITCHYARD_PLANS_PARTNER_STARTER_MINUTE", "1000000"),
            ("SWITCHYARD_PLANS_PARTNER_STARTER_DAY", "1000000"),
        ];
        let own = own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment: Vec<_> = pairing.environment()?.into_iter().chain(own).collect();
        let settings = load(Sources { environment: environment.clone(), ..Sources::default() })?.settings;
        let kernel = Kernel::open(settings, Clock::system(), &webhooks::DirectPublish).await?;
        kernel.db.migrate().await?;
        let key = keys::create(&kernel, NewKey::plain("acme", "partner", "test")).await?.secret;
        let caller = Caller::new(&format!("http://{address}/partner"), &key)?;
        let ground = Ground::new(&kernel, caller, supplies).await?;
        Ok(Self { ground, address, environment, _folder: folder })
    }

    /// A process, whose simulator stands still at this place.
    pub async fn start(&self, stops: &str) -> Result<Process> {
        let process = self.spawn("up", &[("SWITCHYARD_PROVISIONERS_SIMULATOR_STOPS", stops)])?;
        process.wait_for_line("listening on", PATIENCE).await?;
        Ok(process)
    }

    /// A process of this command, with more in its environment; it may not be ready yet.
    pub fn spawn(&self, command: &str, more: &[(&str, &str)]) -> Result<Process> {
        let listen: &[&str] = if command == "work" { &[] } else { &["--listen", &self.address] };
        Process::builder(env!("CARGO_BIN_EXE_switchyard"))
            .arg(command)
            .args(listen)
            .envs(self.environment.clone())
            .envs(more.iter().copied())
            .start()
    }

    /// Has a process work until it stands still at this place, and kills it.
    pub async fn killed_at(&self, stops: &str) -> Result<()> {
        let process = self.start(stops).await?;
        self.killed_standing(process).await
    }

    /// Kills a process once it stands still.
    pub async fn killed_standing(&self, process: Process) -> Result<()> {
        process.wait_for_line("the simulator hangs by configuration", PATIENCE).await?;
        self.kill(process).await
    }

    /// Kills a process, whatever it does.
    pub async fn kill(&self, process: Process) -> Result<()> {
        process.sigkill();
        process.wait_exit(PATIENCE).await?;
        Ok(())
    }

    /// Opens a request, with a process that cannot get far.
    async fn opened(&self, of: Subscribed, kind: &str, stops: &str) -> Result<String> {
        let process = self.start(stops).await?;
        let path = self.ground.open(of, kind, json!({})).await?;
        self.killed_standing(process).await?;
        Ok(path)
    }

    async fn subscribed(&self) -> Result<Subscribed> {
        let process = self.start("nowhere").await?;
        let of = self.ground.subscribed("john@example.com").await?;
        self.kill(process).await?;
        Ok(of)
    }

    /// The request, once a process that nothing stops has ended it.
    async fn ended(&self, path: &str) -> Result<Value> {
        let process = self.start("nowhere").await?;
        let request = self.ground.ended(path).await?;
        self.kill(process).await?;
        Ok(request)
    }

    /// Has a process that nothing stops work until so many requests are completed, and kills it.
    async fn killed_after(&self, completed: u64) -> Result<()> {
        let process = self.start("nowhere").await?;
        until("enough requests are completed", PATIENCE, async || {
            Ok((self.completed().await? >= completed).then_some(()))
        })
        .await?;
        process.sigkill();
        process.wait_exit(PATIENCE).await?;
        Ok(())
    }

    /// How many requests are completed.
    pub async fn completed(&self) -> Result<u64> {
        let completed = provisioning_request::Entity::find()
            .filter(provisioning_request::Column::Status.eq(RequestStatus::Completed));
        Ok(completed.count(self.ground.kernel.db.reader()).await?)
    }

    /// How many events there are of this type.
    pub async fn events(&self, kind: &str) -> Result<u64> {
        let of = event::Entity::find().filter(event::Column::Kind.eq(kind));
        Ok(of.count(self.ground.kernel.db.reader()).await?)
    }
}

async fn an_installation_survives_a_kill_at_each_step(pairing: Pairing) -> Result<()> {
    let platform = Platform::new(pairing).await?;
    let of = platform.subscribed().await?;
    let path = platform.opened(of, "NEW_INSTALL", "before").await?;
    for step in ["after", "read"] {
        platform.killed_at(step).await?;
    }
    let request = platform.ended(&path).await?;
    assert_eq!(request["status"], "COMPLETED", "{request}");
    let ground = &platform.ground;
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (2, 1), "of each one");
    let network = ground.network(of).await?.context("it is there")?;
    assert_eq!(network.ipv4.as_deref(), request["ipAllocation"]["ipv4"].as_str());
    for kind in ["provisioning.started", "provisioning.completed", "subscription.activated", "ont.assigned"] {
        assert_eq!(platform.events(kind).await?, 1, "{kind}");
    }
    Ok(())
}

async fn a_disconnect_survives_a_kill_at_each_step(pairing: Pairing) -> Result<()> {
    let platform = Platform::new(pairing).await?;
    let of = platform.subscribed().await?;
    let path = platform.opened(of, "NEW_INSTALL", "before").await?;
    assert_eq!(platform.ended(&path).await?["status"], "COMPLETED");
    let path = platform.opened(of, "DISCONNECT", "removing").await?;
    let ground = &platform.ground;
    assert_eq!(ground.addresses_taken().await?, 2, "nothing is given back before it is gone");
    for step in ["removed", "read"] {
        platform.killed_at(step).await?;
    }
    assert_eq!(ground.addresses_taken().await?, 2, "nothing is given back before it is seen to be gone");
    let request = platform.ended(&path).await?;
    assert_eq!(request["status"], "COMPLETED", "{request}");
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (0, 0));
    assert!(ground.network(of).await?.is_none());
    for kind in ["ip.released", "ont.released", "subscription.cancelled"] {
        let expected = if kind == "ip.released" { 2 } else { 1 };
        assert_eq!(platform.events(kind).await?, expected, "{kind}");
    }
    Ok(())
}

/// The subscription is cancelled while it is installed.
async fn an_undo_survives_a_kill_at_each_step(pairing: Pairing) -> Result<()> {
    let platform = Platform::new(pairing).await?;
    let of = platform.subscribed().await?;
    let path = platform.opened(of, "NEW_INSTALL", "after").await?;
    let ground = &platform.ground;
    assert!(ground.network(of).await?.is_some(), "it was made");
    ground.set_status(of, SubscriptionStatus::Cancelled).await?;
    for step in ["removing", "removed", "read"] {
        platform.killed_at(step).await?;
        assert_eq!(ground.addresses_taken().await?, 2, "nothing is given back before it is gone");
    }
    let request = platform.ended(&path).await?;
    assert_eq!(request["status"], "FAILED", "{request}");
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (0, 0));
    assert!(ground.network(of).await?.is_none());
    let open = provisioning_request::Entity::open_of(of.id).count(ground.kernel.db.reader()).await?;
    assert_eq!((open, platform.events("provisioning.failed").await?), (0, 1));
    until("no job is left", PATIENCE, async || {
        let open = entities::job::Entity::find().filter(entities::job::Column::FinishedAt.is_null());
        Ok((open.count(ground.kernel.db.reader()).await? == 0).then_some(()))
    })
    .await
}

async fn a_hundred_survive_kills_in_the_middle_of_rounds(pairing: Pairing) -> Result<()> {
    let platform = Platform::with(pairing, Supplies { onts: 100, ..PLENTY }, &[]).await?;
    let ground = &platform.ground;
    let process = platform.start("before").await?;
    let emails = (0..100).map(|number| format!("user{number}@example.com"));
    let all = try_join_all(emails.map(async |email| ground.subscribed(&email).await)).await?;
    let open = async |of: &Subscribed| ground.open(*of, "NEW_INSTALL", json!({})).await;
    let paths = try_join_all(all.iter().map(open)).await?;
    process.wait_for_line("the simulator hangs by configuration", PATIENCE).await?;
    process.sigkill();
    process.wait_exit(PATIENCE).await?;
    for completed in [1, 40, 80] {
        platform.killed_after(completed).await?;
    }
    platform.killed_after(100).await?;
    let requests = provisioning_request::Entity::of(ground.organization);
    let requests = requests.all(ground.kernel.db.reader()).await?;
    assert_eq!((paths.len(), platform.completed().await?), (100, 100));
    let addresses: BTreeSet<_> = requests.iter().filter_map(|it| it.ipv4.as_deref()).collect();
    let boxes: BTreeSet<_> = requests.iter().filter_map(|it| it.ont_id.as_deref()).collect();
    assert_eq!((addresses.len(), boxes.len()), (100, 100), "nobody shares anything");
    assert_eq!((ground.addresses_taken().await?, ground.onts_taken().await?), (200, 100), "nothing is lost");
    for kind in ["provisioning.started", "provisioning.completed", "subscription.activated", "ont.assigned"] {
        assert_eq!(platform.events(kind).await?, 100, "{kind}");
    }
    for kind in ["ip.reserved", "ip.allocated"] {
        assert_eq!(platform.events(kind).await?, 200, "{kind}");
    }
    Ok(())
}
