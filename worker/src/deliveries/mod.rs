//! What the deliveries of one process share: which endpoints it holds, bodies that were just encoded, and the
//! one place where attempts are written.

mod bodies;
mod recorder;
mod registry;
mod turns;

pub(crate) use bodies::{Bodies, Body};
pub(crate) use recorder::{Made, Recorder};
pub(crate) use registry::{Held, Registry, Word};
pub(crate) use turns::Turns;

use kernel::{Kernel, domain::webhooks::FannedOut, transport};
use std::sync::Arc;
use tokio::{sync::broadcast::error::RecvError, task::JoinHandle};
use tokio_util::task::AbortOnDropHandle;

/// See the module.
pub(crate) struct Deliveries {
    /// The endpoints whose jobs this process holds.
    pub registry: Arc<Registry>,
    /// Bodies that were just encoded.
    pub bodies: Bodies,
    /// Writes attempts.
    pub recorder: Recorder,
    /// Organizations whose events this process is fanning out.
    pub turns: Turns,
    kernel: Kernel,
    _listener: AbortOnDropHandle<()>,
}

impl Deliveries {
    /// Starts the tasks; the second one ends when the first is dropped and everything is written.
    pub(crate) fn start(kernel: Kernel) -> (Arc<Self>, JoinHandle<()>) {
        let registry = Arc::new(Registry::default());
        let (recorder, writing) = Recorder::start(kernel.clone());
        let listener = tokio::spawn(listen(kernel.clone(), registry.clone()));
        let shared = Self {
            registry,
            bodies: Bodies::default(),
            recorder,
            turns: Turns::default(),
            kernel,
            _listener: AbortOnDropHandle::new(listener),
        };
        (Arc::new(shared), writing)
    }

    /// Tells whoever holds the endpoints, here or in another process, that there is more. What is held here
    /// finds the bodies encoded.
    pub(crate) async fn spread(&self, done: &FannedOut) {
        let mut elsewhere = vec![];
        for told in &done.endpoints {
            if self.registry.holds(told.id) {
                self.bodies.encode(told.form, &done.events);
            }
            if !self.registry.offer(told.id, &told.due) {
                elsewhere.push(transport::Nudge { endpoint: told.id, changed: false });
            }
        }
        transport::announce_nudges(&*self.kernel.transport, elsewhere).await;
    }
}

/// Passes on what other processes say about endpoints.
async fn listen(kernel: Kernel, registry: Arc<Registry>) {
    let mut nudges = kernel.transport.signals().nudges();
    loop {
        match nudges.recv().await {
            Ok(nudge) if nudge.changed => registry.say(nudge.endpoint, Word::Changed),
            Ok(nudge) => registry.say(nudge.endpoint, Word::More),
            Err(RecvError::Lagged(_)) => registry.say_to_all(Word::Changed),
            Err(RecvError::Closed) => return,
        }
    }
}
