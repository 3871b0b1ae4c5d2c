//! State shared by the webhook deliveries of a process: the endpoints and organizations it serves, recently encoded
//! bodies, and the recorder of attempts.

mod bodies;
mod recorder;
mod registry;

pub(crate) use bodies::{Bodies, Body};
pub(crate) use recorder::{CompletedAttempt, Recorder};
pub(crate) use registry::{Claim, Registry, Signal};

use engine::transport;
use entities::ids::{EndpointId, OrganizationId};
use kernel::Kernel;
use std::sync::Arc;
use tokio::{sync::broadcast::error::RecvError, task::JoinHandle};
use tokio_util::task::AbortOnDropHandle;
use webhooks::{CommitNotification, FannedOut, Wakeup};

/// See the module.
pub(crate) struct Deliveries {
    /// The endpoints served by this process.
    pub endpoints: Arc<Registry<EndpointId>>,
    /// The organizations whose events this process is fanning out.
    pub organizations: Arc<Registry<OrganizationId>>,
    /// Recently encoded bodies.
    pub bodies: Arc<Bodies>,
    /// Records attempts.
    pub recorder: Recorder,
    kernel: Kernel,
    _listeners: [AbortOnDropHandle<()>; 2],
}

impl Deliveries {
    /// Starts the tasks; the returned task ends when everything is recorded after the last reference is dropped.
    pub(crate) fn start(kernel: Kernel) -> (Arc<Self>, JoinHandle<()>) {
        let (endpoints, organizations) = (Arc::<Registry<_>>::default(), Arc::<Registry<_>>::default());
        let (recorder, writing) = Recorder::start(kernel.clone());
        let bodies = Arc::<Bodies>::default();
        let listeners = [
            tokio::spawn(listen(kernel.clone(), endpoints.clone(), organizations.clone())),
            tokio::spawn(listen_for_commits(kernel.clone(), endpoints.clone(), bodies.clone())),
        ];
        let shared = Self {
            endpoints,
            organizations,
            bodies,
            recorder,
            kernel,
            _listeners: listeners.map(AbortOnDropHandle::new),
        };
        (Arc::new(shared), writing)
    }

    /// Notifies the sessions of the endpoints, in this or another process. Sessions in this process find the bodies
    /// encoded.
    pub(crate) async fn notify_endpoints(&self, done: &FannedOut) {
        let mut elsewhere = vec![];
        for endpoint in &done.endpoints {
            if self.endpoints.contains(endpoint.id) {
                done.events.iter().for_each(|event| self.bodies.encode(endpoint.contract, &event.into()));
            }
            if !self.endpoints.push(endpoint.id, &endpoint.due) {
                elsewhere.push(Wakeup::Due(endpoint.id, None).into());
            }
        }
        transport::announce_wakeups(&*self.kernel.transport, elsewhere).await;
    }
}

/// Passes committed deliveries to the sessions of their endpoints.
async fn listen_for_commits(kernel: Kernel, endpoints: Arc<Registry<EndpointId>>, bodies: Arc<Bodies>) {
    let push = |committed: &CommitNotification| {
        for (endpoint, contract, due) in committed.due().flatten() {
            if endpoints.contains(endpoint) {
                bodies.encode(contract, &committed.event());
                endpoints.push(endpoint, &[due]);
            }
        }
    };
    webhooks::listen_for_commits(&kernel.db, push).await;
}

/// Passes on wake-ups of other processes.
async fn listen(
    kernel: Kernel,
    endpoints: Arc<Registry<EndpointId>>,
    organizations: Arc<Registry<OrganizationId>>,
) {
    let mut wakeups = kernel.transport.signals().wakeups();
    loop {
        match wakeups.recv().await.map(|wakeup| Wakeup::read(&wakeup)) {
            Ok(Some(Wakeup::Queued(organization))) => organizations.notify(organization, Signal::More),
            Ok(Some(Wakeup::Due(endpoint, None))) => endpoints.notify(endpoint, Signal::More),
            Ok(Some(Wakeup::Due(endpoint, Some(one)))) => drop(endpoints.push(endpoint, &[one])),
            Ok(Some(Wakeup::Changed(endpoint))) => endpoints.notify(endpoint, Signal::Changed),
            Ok(None) => {}
            Err(RecvError::Lagged(_)) => {
                endpoints.notify_all(Signal::Changed);
                organizations.notify_all(Signal::More);
            }
            Err(RecvError::Closed) => return,
        }
    }
}
