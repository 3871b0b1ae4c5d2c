//! Concurrency and rate.

use crate::app::{Arrival, Pairing, Receiver, Reply, TestApp, both, spread};
use anyhow::Result;
use chrono::TimeDelta;
use serde_json::json;
use std::collections::BTreeSet;

both!(
    never_more_at_once_than_may_be,
    two_workers_do_not_send_more_at_once,
    never_more_a_second_than_may_be,
    connections_are_used_again,
);

async fn never_more_at_once_than_may_be(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let (narrow, other) = (Receiver::answering(|_| Reply::ok().held()).await?, Receiver::start().await?);
    caller.hook(&narrow, json!({ "concurrency": 4 })).await?;
    caller.hook(&other, json!({})).await?;
    caller.publish_many(30).await?;
    narrow.arrived(4).await?;
    other.arrived(30).await?;
    assert_eq!((narrow.flying(), narrow.peak()), (4, 4));
    narrow.let_go();
    let arrivals = narrow.arrived(30).await?;
    let numbers: BTreeSet<_> = arrivals.iter().map(Arrival::number).collect();
    app.drain().await?;
    assert_eq!((narrow.peak(), numbers.len(), narrow.arrivals().len()), (4, 30, 30));
    assert!(other.peak() <= 10, "{}", other.peak());
    Ok(())
}

async fn two_workers_do_not_send_more_at_once(pairing: Pairing) -> Result<()> {
    let (mut app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    app.work();
    let receivers = [Receiver::start().await?, Receiver::start().await?, Receiver::start().await?];
    for receiver in &receivers {
        receiver.answer(|_| Reply::ok().held());
        caller.hook(receiver, json!({ "concurrency": 2 })).await?;
    }
    caller.publish_many(10).await?;
    for receiver in &receivers {
        receiver.arrived(2).await?;
    }
    // Processes without the endpoint notify the one that has it.
    caller.publish_many(10).await?;
    for receiver in &receivers {
        receiver.let_go();
        receiver.arrived(20).await?;
    }
    app.drain().await?;
    for receiver in &receivers {
        assert_eq!((receiver.peak(), receiver.arrivals().len()), (2, 20));
    }
    Ok(())
}

async fn never_more_a_second_than_may_be(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({ "rate": 10 })).await?;
    caller.publish_many(11).await?;
    let took = spread(&caller.attempts(&hook, 11).await?);
    // A second, less what a timer may be early.
    assert!(took >= TimeDelta::milliseconds(900), "{took}");
    app.drain().await
}

async fn connections_are_used_again(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    caller.hook(&receiver, json!({})).await?;
    caller.publish_many(40).await?;
    receiver.arrived(40).await?;
    app.drain().await?;
    assert!(receiver.connections() <= 10, "{}", receiver.connections());
    Ok(())
}
