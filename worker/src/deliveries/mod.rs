//! What the deliveries of one process share: which jobs it holds that others
//! may have a word for, bodies that were just encoded, and the
//! one place where attempts are written.

mod bodies;
mod recorder;
mod registry;

pub(crate) use bodies::{Bodies, Body};
pub(crate) use recorder::{Made, Recorder};
pub(crate) use registry::{Claim, Registry, Signal};

use entities::ids::{EndpointId, OrganizationId};
use kernel::{
    Kernel,
    domain::webhooks::{self, Committed, FannedOut},
    transport::{self, Wakeup},
};
use std::sync::Arc;
use tokio::{sync::broadcast::error::RecvError, task::JoinHandle};
use tokio_util::task::AbortOnDropHandle;

/// See the module.
pub(crate) struct Deliveries {
    /// The endpoints to which this process is delivering.
    pub endpoints: Arc<Registry<EndpointId>>,
    /// The organizations whose events this process is fanning out.
    pub organizations: Arc<Registry<OrganizationId>>,
    /// Bodies that were just encoded.
    pub bodies: Arc<Bodies>,
    /// Writes attempts.
    pub recorder: Recorder,
    kernel: Kernel,
    _listeners: [AbortOnDropHandle<()>; 2],
}

impl Deliveries {
    /// Starts the tasks; the second one ends when the first is dropped and everything is written.
    pub(crate) fn start(kernel: Kernel) -> (Arc<Self>, JoinHandle<()>) {
        let (endpoints, organizations) = (Arc::<Registry<_>>::default(), Arc::<Registry<_>>::default());
        let (recorder, writing) = Recorder::start(kernel.clone());
        let bodies = Arc::<Bodies>::default();
        let listeners = [
            tokio::spawn(listen(kernel.clone(), endpoints.clone(), organizations.clone())),
            tokio::spawn(hear_commits(kernel.clone(), endpoints.clone(), bodies.clone())),
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

    /// Tells whoever holds the endpoints, here or in another process, that there is more. What is held here
    /// finds the bodies encoded.
    pub(crate) async fn spread(&self, done: &FannedOut) {
        let mut elsewhere = vec![];
        for told in &done.endpoints {
            if self.endpoints.holds(told.id) {
                done.events.iter().for_each(|event| self.bodies.encode(told.contract, &event.into()));
            }
            if !self.endpoints.offer(told.id, &told.due) {
                elsewhere.push(Wakeup::Due(told.id, None));
            }
        }
        transport::announce_wakeups(&*self.kernel.transport, elsewhere).await;
    }
}

/// Offers what was just committed to whoever holds the endpoints.
async fn hear_commits(kernel: Kernel, endpoints: Arc<Registry<EndpointId>>, bodies: Arc<Bodies>) {
    let offer = |committed: &Committed| {
        for (endpoint, contract, due) in committed.due().flatten() {
            if endpoints.holds(endpoint) {
                bodies.encode(contract, &committed.event());
                endpoints.offer(endpoint, &[due]);
            }
        }
    };
    webhooks::hear_commits(&kernel.db, offer).await;
}

/// Passes on what other processes say.
async fn listen(
    kernel: Kernel,
    endpoints: Arc<Registry<EndpointId>>,
    organizations: Arc<Registry<OrganizationId>>,
) {
    let mut wakeups = kernel.transport.signals().wakeups();
    loop {
        match wakeups.recv().await {
            Ok(Wakeup::Queued(organization)) => organizations.say(organization, Signal::More),
            Ok(Wakeup::Due(endpoint, None)) => endpoints.say(endpoint, Signal::More),
            Ok(Wakeup::Due(endpoint, Some(one))) => drop(endpoints.offer(endpoint, &[one])),
            Ok(Wakeup::Changed(endpoint)) => endpoints.say(endpoint, Signal::Changed),
            Err(RecvError::Lagged(_)) => {
                endpoints.say_to_all(Signal::Changed);
                organizations.say_to_all(Signal::More);
            }
            Err(RecvError::Closed) => return,
        }
    }
}
