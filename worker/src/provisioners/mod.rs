//! Provisioners: what makes a network do a service. One a file, all behind one trait.
//!
//! A provisioner is told how the network is to be, not what to change: told the same twice, it changes nothing the
//! second time. What it acknowledges is not believed: it is read back.

mod radius;
mod simulator;
mod vendor;

use crate::{context::JobContext, outcome::Outcome};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entities::plan::Provisioner as Name;
use kernel::{Kernel, db::assert_none_open, domain::provisioning::Service, events::Actor, ledger::JobLease};
use radius::Radius;
use simulator::Simulator;
use tokio_util::sync::CancellationToken;
use vendor::Vendor;

/// What makes a network do a service. All operations can be told again at any time, from any process.
#[async_trait]
pub(crate) trait Provisioner: Send + Sync {
    /// Makes the network do the service as it is described, whatever it did for it before.
    async fn apply(&self, by: &Asking, service: &Service) -> Result<Progress, Failure>;

    /// Makes the network do nothing for the service any more.
    async fn remove(&self, by: &Asking, service: &Service) -> Result<Progress, Failure>;

    /// What the network does for the service, as the network says it; none: nothing.
    async fn read(&self, service: &Service) -> Result<Option<Observed>, Failure>;
}

/// The attempt of a job that asks, in whose name it does.
#[derive(Debug)]
pub(crate) struct Asking {
    /// Which attempt.
    pub held: JobLease,
    /// The job, as whoever makes changes.
    pub actor: Actor,
}

impl Asking {
    /// The attempt at hand.
    pub(crate) fn of(context: &JobContext) -> Result<Self, Outcome> {
        Ok(Self { held: context.held(), actor: context.actor()? })
    }
}

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It was acknowledged.
    Done,
    /// The answer comes from outside, until then at the latest: the attempt ends, and whoever gets the answer wakes
    /// the job (`ledger::wake`).
    WaitUntil(DateTime<Utc>),
    /// Another job sees to it.
    Left,
}

/// What the network does for a service. What a network cannot tell is as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Observed {
    /// To the customer, in Mbit/s.
    pub download_mbps: i32,
    /// From the customer, in Mbit/s.
    pub upload_mbps: i32,
    /// The address.
    pub ipv4: Option<String>,
    /// The first address of the network.
    pub ipv6: Option<String>,
    /// Whether the customer is cut off.
    pub suspended: bool,
}

impl Observed {
    /// What is to be seen of a network that does the service.
    fn of(service: &Service) -> Self {
        Self {
            download_mbps: service.download_mbps,
            upload_mbps: service.upload_mbps,
            ipv4: service.ipv4.clone(),
            ipv6: service.ipv6.clone(),
            suspended: service.suspended,
        }
    }
}

/// Why a provisioner could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Trying again later may help.
    Passing(String),
    /// Trying again does not help.
    Lasting(String),
}

impl From<kernel::Error> for Failure {
    fn from(error: kernel::Error) -> Self {
        Self::Passing(error.to_string())
    }
}

impl From<sea_orm::DbErr> for Failure {
    fn from(error: sea_orm::DbErr) -> Self {
        kernel::Error::from(error).into()
    }
}

/// All provisioners of a process, each with its connections.
pub(crate) struct Provisioners {
    simulator: Simulator,
    radius: Radius,
    vendor: Vendor,
}

impl Provisioners {
    /// Nothing is connected yet.
    pub(crate) fn new(kernel: &Kernel) -> Self {
        Self {
            simulator: Simulator::new(kernel.clone()),
            radius: Radius::new(&kernel.settings),
            vendor: Vendor::new(kernel.clone()),
        }
    }

    /// What they do besides being told, until shutdown.
    pub(crate) async fn run(&self, kernel: &Kernel, shutdown: &CancellationToken) {
        self.radius.account(kernel, shutdown).await;
    }

    /// The provisioner of that name.
    pub(crate) fn get(&self, name: Name) -> &dyn Provisioner {
        match name {
            Name::Simulator => &self.simulator,
            Name::Radius => &self.radius,
            Name::Vendor => &self.vendor,
        }
    }
}

/// Makes the network do the service `wanted`, or nothing for `service`, and reads it back. What disagrees is a
/// passing failure: the network may be slow, or an acknowledgement may have been wrong.
pub(crate) async fn bring(
    provisioner: &dyn Provisioner,
    by: &Asking,
    service: &Service,
    wanted: Option<&Service>,
) -> Result<Progress, Failure> {
    assert_none_open("a network");
    let progress = match wanted {
        Some(wanted) => provisioner.apply(by, wanted).await?,
        None => provisioner.remove(by, service).await?,
    };
    if progress != Progress::Done {
        return Ok(progress);
    }
    let (expected, seen) = (wanted.map(Observed::of), provisioner.read(wanted.unwrap_or(service)).await?);
    if seen == expected {
        return Ok(Progress::Done);
    }
    Err(Failure::Passing(format!("the network says otherwise: {}", differences(seen, expected))))
}

fn differences(seen: Option<Observed>, expected: Option<Observed>) -> String {
    match (seen, expected) {
        (Some(seen), Some(expected)) => format!("{seen:?} instead of {expected:?}"),
        (None, _) => "it does nothing for the subscription".into(),
        (_, None) => "it still does something for the subscription".into(),
    }
}
