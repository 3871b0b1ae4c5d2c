//! What is looked up when somebody asks: the state of queues and pools. What cannot be told, since a server
//! is away or slow, is left out.

use super::{
    declared::{BUILD_INFO, DATABASE_CONNECTIONS, QUEUE_DEPTH, QUEUE_OLDEST, START_TIME},
    exposition::{render, set},
    recorder,
};
use crate::{Kernel, jobs::JobKind, ledger, transport::Depth};
use std::time::Duration;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};

/// How long each server has to answer, all in all.
const PATIENCE: Duration = Duration::from_secs(2);
/// What was asked so recently is not asked again, however many ask.
const FRESH: Duration = Duration::from_millis(500);

/// Answers those who ask for metrics.
pub struct Scraper {
    kernel: Kernel,
    queues: Mutex<Option<(Instant, String)>>,
}

impl Scraper {
    /// Of this process, and of the queues that it shares with others.
    pub fn new(kernel: Kernel) -> Self {
        Self { kernel, queues: Mutex::default() }
    }

    /// All metrics, as Prometheus reads them (exposition format 0.0.4).
    pub async fn scrape(&self) -> String {
        let queues = self.queues().await;
        recorder::rendered() + &self.process() + &queues
    }

    fn process(&self) -> String {
        let pool = self.kernel.db.connections();
        render(|| {
            set(&BUILD_INFO, &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
            if let Some(at) = recorder::started() {
                set(&START_TIME, &[], at);
            }
            for (state, number) in [("used", pool.used), ("idle", pool.idle), ("max", pool.max)] {
                set(&DATABASE_CONNECTIONS, &[("state", state)], number.into());
            }
        })
    }

    /// One who asks at a time; the others get the same answer.
    async fn queues(&self) -> String {
        let mut last = self.queues.lock().await;
        if let Some((_, text)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return text.clone();
        }
        let text = self.ask().await;
        *last = Some((Instant::now(), text.clone()));
        text
    }

    async fn ask(&self) -> String {
        let (depths, oldest) = tokio::join!(self.depths(), self.oldest());
        render(|| {
            for (labels, number) in depths {
                set(&QUEUE_DEPTH, &labels, number);
            }
            for (labels, seconds) in oldest {
                set(&QUEUE_OLDEST, &labels, seconds);
            }
        })
    }

    /// Asks for one kind after the other, and ends with the first that is not answered: the others would not
    /// be either.
    async fn depths(&self) -> Vec<State> {
        let (deadline, mut states) = (Instant::now() + PATIENCE, vec![]);
        for kind in JobKind::ALL {
            let asked = self.kernel.transport.depth(kind.as_str());
            let Ok(Ok(depth)) = timeout_at(deadline, asked).await else { break };
            states.extend(in_states(*kind, depth));
        }
        states
    }

    /// As [`Self::depths`]; so it takes one connection.
    async fn oldest(&self) -> Vec<Age> {
        let (deadline, mut ages) = (Instant::now() + PATIENCE, vec![]);
        let (kernel, now) = (&self.kernel, self.kernel.clock.now());
        for kind in JobKind::ALL {
            let asked = ledger::oldest_due(kernel.db.reader(), *kind, now);
            let Ok(Ok(due)) = timeout_at(deadline, asked).await else { break };
            let age = due.and_then(|at| (now - at).to_std().ok()).unwrap_or_default();
            ages.push(([("kind", kind.as_str())], age.as_secs_f64()));
        }
        ages
    }
}

type Label = (&'static str, &'static str);
type State = ([Label; 2], f64);
type Age = ([Label; 1], f64);

#[allow(clippy::cast_precision_loss, reason = "exact up to 2^53 jobs")]
fn in_states(kind: JobKind, depth: Depth) -> [State; 2] {
    let of = |state, number: u64| ([("kind", kind.as_str()), ("state", state)], number as f64);
    [of("ready", depth.ready), of("delayed", depth.delayed)]
}
