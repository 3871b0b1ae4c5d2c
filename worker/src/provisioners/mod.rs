//! Provisioners apply services to a network. One per file, behind one trait.
//!
//! A provisioner gets the desired state, not a change, and is idempotent. Its success is not trusted: the network is
//! read back.

mod radius;
mod simulator;
mod vendor;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use engine::ledger::JobLease;
use entities::plan::Provisioner as Name;
use isp::provisioning::Service;
use kernel::{Kernel, events::Actor};
use platform::db::assert_none_open;
use radius::Radius;
use simulator::Simulator;
use tokio_util::sync::CancellationToken;
use vendor::Vendor;

/// Applies services to a network. All operations are idempotent and can be called from any process at any time.
#[async_trait]
pub(crate) trait Provisioner: Send + Sync {
    /// Brings the service to the given state from any previous state.
    async fn apply(&self, by: &JobRef, service: &Service) -> Result<Progress, Failure>;

    /// Removes the service.
    async fn remove(&self, by: &JobRef, service: &Service) -> Result<Progress, Failure>;

    /// Reads the service from the network; `None` if there is none.
    async fn read(&self, service: &Service) -> Result<Option<Observed>, Failure>;
}

/// The job attempt that calls a provisioner.
#[derive(Debug)]
pub(crate) struct JobRef {
    /// Its lease.
    pub lease: JobLease,
    /// The actor for its changes.
    pub actor: Actor,
}

/// The progress of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The change was acknowledged.
    Done,
    /// The answer comes later, until this time at the latest: the attempt ends, and the code that receives the answer
    /// wakes the job (`ledger::wake`).
    WaitUntil(DateTime<Utc>),
    /// Another job does it.
    HandledElsewhere,
}

/// The state of a service in the network. Values that the network cannot report are those requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Observed {
    /// Download speed in Mbit/s.
    pub download_mbps: i32,
    /// Upload speed in Mbit/s.
    pub upload_mbps: i32,
    /// The address.
    pub ipv4: Option<String>,
    /// The first address of the network.
    pub ipv6: Option<String>,
    /// Whether the service is suspended.
    pub suspended: bool,
}

impl Observed {
    /// The expected state of an applied service.
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

/// Why a change failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Worth retrying.
    Transient(String),
    /// Not worth retrying.
    Permanent(String),
}

impl From<platform::Error> for Failure {
    fn from(error: platform::Error) -> Self {
        Self::Transient(error.to_string())
    }
}

impl From<sea_orm::DbErr> for Failure {
    fn from(error: sea_orm::DbErr) -> Self {
        platform::Error::from(error).into()
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

    /// Runs their background tasks until shutdown.
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

/// Applies `wanted`, or removes `service`, and reads it back. A difference is a transient failure: the network may be
/// slow, or an acknowledgement may have been wrong.
pub(crate) async fn apply_and_verify(
    provisioner: &dyn Provisioner,
    by: &JobRef,
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
    Err(Failure::Transient(format!("the network differs: {}", differences(seen, expected))))
}

fn differences(seen: Option<Observed>, expected: Option<Observed>) -> String {
    match (seen, expected) {
        (Some(seen), Some(expected)) => format!("{seen:?} instead of {expected:?}"),
        (None, _) => "it has no service for the subscription".into(),
        (_, None) => "it still has a service for the subscription".into(),
    }
}
