//! Metrics read at each scrape: the state of queues and pools. Those of unavailable or slow servers are omitted.

use crate::Kernel;
use engine::{ledger, transport::Depth};
use platform::metrics::{
    declared::{BUILD_INFO, DATABASE_CONNECTIONS, QUEUE_DEPTH, QUEUE_OLDEST, START_TIME},
    exposition::{render, set},
    recorder,
};
use std::time::Duration;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};

/// Total timeout per server.
const PATIENCE: Duration = Duration::from_secs(2);
/// Scrapes within this time get the same result.
const FRESH: Duration = Duration::from_millis(500);

/// Serves scrapes.
pub struct Scraper {
    kernel: Kernel,
    queues: Mutex<Option<(Instant, String)>>,
}

impl Scraper {
    /// Metrics of this process and the shared queues.
    pub fn new(kernel: Kernel) -> Self {
        Self { kernel, queues: Mutex::default() }
    }

    /// All metrics in Prometheus' text format (0.0.4).
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

    /// One scrape at a time; concurrent ones share the result.
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

    /// All kinds of jobs: the settings have a section for each.
    fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kernel.settings.jobs.iter().map(|(kind, _)| kind)
    }

    /// Queries the kinds in turn, and stops at the first failure: the others would fail too.
    async fn depths(&self) -> Vec<State<'_>> {
        let (deadline, mut states) = (Instant::now() + PATIENCE, vec![]);
        for kind in self.kinds() {
            let asked = self.kernel.transport.depth(kind);
            let Ok(Ok(depth)) = timeout_at(deadline, asked).await else { break };
            states.extend(in_states(kind, depth));
        }
        states
    }

    /// Like [`Self::depths`], so it uses one connection.
    async fn oldest(&self) -> Vec<Age<'_>> {
        let (deadline, mut ages) = (Instant::now() + PATIENCE, vec![]);
        let (kernel, now) = (&self.kernel, self.kernel.clock.now());
        for kind in self.kinds() {
            let asked = ledger::oldest_due(kernel.db.reader(), kind, now);
            let Ok(Ok(due)) = timeout_at(deadline, asked).await else { break };
            let age = due.and_then(|at| (now - at).to_std().ok()).unwrap_or_default();
            ages.push(([("kind", kind)], age.as_secs_f64()));
        }
        ages
    }
}

type Label<'a> = (&'static str, &'a str);
type State<'a> = ([Label<'a>; 2], f64);
type Age<'a> = ([Label<'a>; 1], f64);

#[allow(clippy::cast_precision_loss, reason = "exact up to 2^53 jobs")]
fn in_states(kind: &str, depth: Depth) -> [State<'_>; 2] {
    let of = |state, number: u64| ([("kind", kind), ("state", state)], number as f64);
    [of("ready", depth.ready), of("delayed", depth.delayed)]
}
