//! Numbers without gaps, in the order in which events were committed.

use crate::app::{Arrival, Caller, Pairing, Receiver, TestApp, both};
use anyhow::Result;
use futures::future::try_join_all;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

both!(numbers_have_no_gaps_and_follow_the_commits);

const CALLERS: u64 = 8;
const EACH: u64 = 20;

/// Publishes one after the other, each once the one before is committed.
async fn publish(caller: &Caller, who: u64) -> Result<()> {
    for number in 0..EACH {
        let kind = if number % 2 == 0 { "meter.read" } else { "meter.replaced" };
        caller.publish(kind, json!({ "n": who * EACH + number })).await?;
    }
    Ok(())
}

/// Whether the numbers of the events of each caller follow their order, and none is missing.
fn check(receiver: &Receiver, count: u64) {
    let arrivals = receiver.arrivals();
    let by_number: BTreeMap<_, _> = arrivals.iter().map(|sent| (sent.sequence(), sent.number())).collect();
    assert!(by_number.keys().copied().eq(1..=count), "{:?}", by_number.keys());
    assert_eq!(arrivals.len() as u64, count, "each once");
    for who in 0..CALLERS {
        let own: Vec<_> = by_number.values().filter(|number| **number / EACH == who).collect();
        assert!(own.is_sorted(), "{who}: {own:?}");
    }
    let ids: BTreeSet<_> = arrivals.iter().map(Arrival::id).collect();
    assert_eq!(ids.len(), arrivals.len());
}

async fn numbers_have_no_gaps_and_follow_the_commits(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let (all, some) = (Receiver::start().await?, Receiver::start().await?);
    caller.hook(&all, json!({})).await?;
    caller.hook(&some, json!({ "customEvents": ["meter.replaced"] })).await?;
    try_join_all((0..CALLERS).map(|who| publish(&caller, who))).await?;
    let total = CALLERS * EACH;
    all.arrived(usize::try_from(total)?).await?;
    some.arrived(usize::try_from(total / 2)?).await?;
    app.drain().await?;
    check(&all, total);
    check(&some, total / 2);
    Ok(())
}
