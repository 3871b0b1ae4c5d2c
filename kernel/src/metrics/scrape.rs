//! What is looked up when somebody asks: the state of queues and pools. What cannot be told, since a server
//! is away or slow, is left out.

use super::{
    declared::{BUILD_INFO, DATABASE_CONNECTIONS, QUEUE_DEPTH, QUEUE_OLDEST, START_TIME},
    exposition::{Exposition, Labels},
    recorder,
};
use crate::{Kernel, Result, jobs::Kind, ledger, transport::Depth};
use chrono::{DateTime, Utc};
use std::time::Duration;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};

/// How long the servers have to answer, all in all.
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
        let mut text = Exposition::default();
        text.gauge(&BUILD_INFO, [(&[("version", env!("CARGO_PKG_VERSION"))] as Labels, 1.0)]);
        text.gauge(&START_TIME, recorder::started().map(|at| (&[] as Labels, at)));
        let pool = self.kernel.db.connections();
        let states: [(Labels, u32); 3] = [
            (&[("state", "used")], pool.used),
            (&[("state", "idle")], pool.idle),
            (&[("state", "max")], pool.max),
        ];
        text.gauge(&DATABASE_CONNECTIONS, states.map(|(labels, number)| (labels, number.into())));
        text.into_text()
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
        let deadline = Instant::now() + PATIENCE;
        let (kernel, now) = (&self.kernel, self.kernel.clock.now());
        let depth = each_kind(deadline, async |kind| kernel.transport.depth(kind.as_str()).await);
        let due = each_kind(deadline, async |kind| ledger::oldest_due(kernel.db.reader(), kind, now).await);
        let (depth, due) = tokio::join!(depth, due);
        let mut text = Exposition::default();
        let depth: Vec<_> = depth.into_iter().flat_map(|(kind, depth)| states(kind, depth)).collect();
        text.gauge(&QUEUE_DEPTH, depth.iter().map(|(labels, number)| (&labels[..], *number)));
        let age = |at: DateTime<Utc>| (now - at).to_std().unwrap_or_default().as_secs_f64();
        let oldest: Vec<_> =
            due.into_iter().map(|(kind, at)| ([("kind", kind.as_str())], at.map_or(0.0, age))).collect();
        text.gauge(&QUEUE_OLDEST, oldest.iter().map(|(labels, seconds)| (&labels[..], *seconds)));
        text.into_text()
    }
}

type State = ([(&'static str, &'static str); 2], f64);

#[allow(clippy::cast_precision_loss, reason = "exact up to 2^53 jobs")]
fn states(kind: Kind, depth: Depth) -> [State; 2] {
    let of = |state, number: u64| ([("kind", kind.as_str()), ("state", state)], number as f64);
    [of("ready", depth.ready), of("delayed", depth.delayed)]
}

/// Asks for one kind after the other, so that it takes one connection; ends with the first that is not
/// answered, since the others would not be either.
async fn each_kind<T>(deadline: Instant, ask: impl AsyncFn(Kind) -> Result<T>) -> Vec<(Kind, T)> {
    let mut answers = vec![];
    for kind in Kind::ALL {
        let Ok(Ok(answer)) = timeout_at(deadline, ask(*kind)).await else { break };
        answers.push((*kind, answer));
    }
    answers
}
