//! Events published as fast as 16 callers can, to two receivers.

use super::sink::Sink;
use crate::app::{Caller, PATIENCE};
use anyhow::{Result, ensure};
use entities::{
    delivery::{self, DeliveryState},
    event, job,
};
use futures::future::try_join_all;
use harness::until;
use kernel::Kernel;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

const CALLERS: usize = 16;
const TYPE: &str = "meter.read";
/// Before something that was refused is published again.
const PAUSE: Duration = Duration::from_millis(50);

/// See the module.
pub struct Load {
    kernel: Kernel,
    events: usize,
    posts: AbortOnDropHandle<Result<Vec<String>>>,
    pub sinks: Vec<Sink>,
}

impl Load {
    /// Registers the receivers, and begins to publish.
    pub async fn begin(kernel: Kernel, caller: &Caller, events: usize) -> Result<Self> {
        let sinks = vec![Sink::start(caller).await?, Sink::start(caller).await?];
        let posts = AbortOnDropHandle::new(tokio::spawn(publish(caller.clone(), events)));
        Ok(Self { kernel, events, posts, sinks })
    }

    /// Returns when this share of the events has arrived everywhere; fails if it is over by then.
    pub async fn arrived(&self, percent: usize) -> Result<()> {
        let enough = |sink: &Sink| sink.count() >= self.events * percent / 100;
        let what = format!("{percent} % have arrived");
        until(&what, PATIENCE, async || Ok(self.sinks.iter().all(enough).then_some(()))).await?;
        ensure!(self.sinks.iter().any(|sink| sink.count() < self.events), "it is all over already");
        Ok(())
    }

    /// Waits for the end, and checks that every event was taken everywhere under one number, all numbers being
    /// those from 1 on, and that the log of attempts says the same. Returns how many were taken again.
    pub async fn ends(mut self) -> Result<usize> {
        let accepted = timeout(PATIENCE, &mut self.posts).await???;
        let db = self.kernel.db.reader();
        let events = event::Entity::find().filter(event::Column::Kind.eq(TYPE)).all(db).await?;
        let events: HashSet<_> = events.into_iter().map(|event| event.id.to_string()).collect();
        ensure!(
            accepted.len() == self.events && accepted.iter().all(|id| events.contains(id)),
            "accepted and lost"
        );
        let all_there = async || {
            let counts: Vec<_> = self.sinks.iter().map(Sink::count).collect();
            ensure!(counts.iter().all(|count| *count >= events.len()), "{counts:?} of {}", events.len());
            Ok(Some(()))
        };
        until("everything has arrived", PATIENCE, all_there).await?;
        let open = job::Entity::find().filter(job::Column::FinishedAt.is_null());
        let at_rest = async || Ok((open.clone().count(db).await? == 0).then_some(()));
        until("no job is open", PATIENCE, at_rest).await?;
        for sink in &self.sinks {
            let taken = sink.taken();
            ensure!(taken.keys().cloned().collect::<HashSet<_>>() == events, "other events than there are");
            numbered(taken.values().copied().collect(), events.len())?;
            self.logged(sink, events.len()).await?;
        }
        Ok(self.sinks.iter().map(Sink::repeated).sum())
    }

    /// The log has nothing that waits, and one success an event, with the number that was sent.
    async fn logged(&self, sink: &Sink, events: usize) -> Result<()> {
        let all = delivery::Entity::to(sink.hook.id.parse()?).all(self.kernel.db.reader()).await?;
        let waiting = all.iter().filter(|row| row.sent_at.is_none()).count();
        ensure!(waiting == 0, "{waiting} attempts are left waiting");
        let successes: Vec<_> = all.iter().filter(|row| row.state == DeliveryState::Success).collect();
        ensure!(successes.len() == events, "{} successes of {events} events", successes.len());
        let taken = sink.taken();
        for row in successes {
            let number = taken.get(&row.event_id.to_string()).copied();
            ensure!(number == u64::try_from(row.sequence).ok(), "{row:?} was taken as {number:?}");
        }
        Ok(())
    }
}

/// All numbers from 1 on, each once.
fn numbered(mut numbers: Vec<u64>, count: usize) -> Result<()> {
    numbers.sort_unstable();
    ensure!(numbers.into_iter().eq(1..=count as u64), "the numbers have gaps, or one stands for two events");
    Ok(())
}

/// The ids of accepted events. Those rejected because of an outage are published again.
async fn publish(caller: Caller, events: usize) -> Result<Vec<String>> {
    let next = Arc::new(AtomicUsize::new(0));
    let shares = (0..CALLERS).map(|_| tokio::spawn(share(caller.clone(), next.clone(), events)));
    Ok(try_join_all(shares).await?.concat())
}

async fn share(caller: Caller, next: Arc<AtomicUsize>, events: usize) -> Vec<String> {
    let mut accepted = vec![];
    while let number = next.fetch_add(1, Ordering::Relaxed)
        && number < events
    {
        loop {
            match caller.publish(TYPE, json!({ "n": number })).await {
                Ok(id) => break accepted.push(id),
                Err(_) => sleep(PAUSE).await,
            }
        }
    }
    accepted
}
