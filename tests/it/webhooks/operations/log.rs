//! The log of all endpoints.

use super::{CONTRACT, CREATED, Fixture, UPDATED, conflict, is_missing};
use crate::app::{Pairing, Receiver, Reply, both};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use entities::{
    RawJson,
    delivery::DeliveryState,
    ids::{DeliveryId, EndpointId},
};
use serde_json::json;
use std::{collections::HashSet, time::Duration};
use webhooks::{LogEntry, LogFilter};

both!(
    pages_go_on_where_they_ended_while_attempts_are_added,
    it_has_what_matches_of_this_organization_and_contract,
    the_next_attempt_is_told_while_it_waits,
    a_test_is_among_them_with_its_type,
);

impl Fixture {
    async fn fan_out(&self) -> Result<()> {
        let (db, now) = (&self.app.kernel.db, self.app.clock.now());
        webhooks::fan_out(db, self.organization, &|_| true, false, now).await?;
        Ok(())
    }

    async fn record_all(&self, kinds: &[&str]) -> Result<()> {
        for kind in kinds {
            self.record(kind).await?;
        }
        self.fan_out().await
    }
}

fn ids(entries: &[LogEntry]) -> Vec<DeliveryId> {
    entries.iter().map(|entry| entry.attempt.id).collect()
}

async fn pages_go_on_where_they_ended_while_attempts_are_added(pairing: Pairing) -> Result<()> {
    let mut fixture = Fixture::resting(pairing).await?;
    for place in ["a", "b"] {
        fixture.register(&format!("https://{place}.example.com/"), &[CREATED]).await?;
    }
    fixture.record_all(&[CREATED; 5]).await?;
    let all = ids(&fixture.log(LogFilter::default()).await?);
    assert_eq!((all.len(), all.is_sorted_by(|newer, older| newer > older)), (10, true));
    let (mut seen, mut before_id) = (vec![], None);
    loop {
        let filter = LogFilter { before_id, ..Default::default() };
        let page = webhooks::log(&fixture.app.kernel, fixture.organization, CONTRACT, filter, 3).await?;
        let Some(last) = page.last() else { break };
        before_id = Some(last.attempt.id);
        seen.extend(ids(&page));
        fixture.record_all(&[CREATED]).await?;
    }
    assert_eq!(seen, all);
    assert_eq!(fixture.log(LogFilter::default()).await?.len(), 10 + 2 * 4);
    fixture.app.stop_workers().await
}

async fn it_has_what_matches_of_this_organization_and_contract(pairing: Pairing) -> Result<()> {
    let mut fixture = Fixture::resting(pairing).await?;
    let mut endpoints: Vec<EndpointId> = vec![];
    for place in ["a", "b", "deleted"] {
        let made = fixture.register(&format!("https://{place}.example.com/"), &[CREATED, UPDATED]).await?;
        endpoints.push(made.record.id);
    }
    // Another contract that receives the same domain's events would have them in its own log.
    fixture.register_of("partner", "https://partner.example.com/", &["webhook.deleted"]).await?;
    fixture.record_all(&[CREATED, UPDATED, UPDATED]).await?;
    let middle = fixture.app.clock.now() + TimeDelta::hours(1);
    fixture.app.clock.advance(TimeDelta::hours(2));
    fixture.record_all(&[CREATED]).await?;
    let work = fixture.work();
    webhooks::remove(&work, CONTRACT, endpoints[2]).await?;
    work.commit().await?;
    fixture.fan_out().await?;
    let all = LogFilter::default;
    for (filter, count) in [
        (all(), 8),
        (LogFilter { endpoint: Some(endpoints[0]), ..all() }, 4),
        (LogFilter { endpoint: Some(endpoints[2]), ..all() }, 0),
        (LogFilter { endpoint: Some(EndpointId::new()), ..all() }, 0),
        (LogFilter { state: Some(DeliveryState::Pending), ..all() }, 8),
        (LogFilter { state: Some(DeliveryState::Failed), ..all() }, 0),
        (LogFilter { kind: Some(UPDATED.into()), ..all() }, 4),
        (LogFilter { kind: Some("customer.%".into()), ..all() }, 0),
        (LogFilter { after: Some(middle), ..all() }, 2),
        (LogFilter { before: Some(middle), ..all() }, 6),
        (LogFilter { before: Some(middle), kind: Some(CREATED.into()), ..all() }, 2),
        (LogFilter { after: Some(middle), before: Some(middle), ..all() }, 0),
    ] {
        let found = fixture.log(filter.clone()).await?;
        assert_eq!(found.len(), count, "{filter:?}");
        let of: HashSet<_> = found.iter().map(|entry| entry.attempt.endpoint_id).collect();
        assert!(of.is_subset(&endpoints.iter().copied().collect()) && !of.contains(&endpoints[2]));
    }
    let newest = fixture.log(all()).await?.remove(0);
    assert_eq!((&*newest.kind, newest.next_attempt_at), (CREATED, Some(newest.attempt.due_at)));
    let (kernel, id) = (&fixture.app.kernel, newest.attempt.id);
    let entry = webhooks::log_entry(kernel, fixture.organization, CONTRACT, id).await?;
    assert_eq!((entry.attempt, &*entry.kind), (newest.attempt, CREATED));
    let stranger = fixture.stranger().await?.actor.organization;
    assert!(webhooks::log(kernel, stranger, CONTRACT, all(), 100).await?.is_empty());
    for (organization, contract, id) in [
        (stranger, CONTRACT, id),
        (fixture.organization, "partner", id),
        (fixture.organization, CONTRACT, DeliveryId::new()),
    ] {
        let missing = webhooks::log_entry(kernel, organization, contract, id).await;
        assert!(is_missing(&missing, "Delivery"), "{contract}");
    }
    fixture.app.stop_workers().await
}

async fn the_next_attempt_is_told_while_it_waits(pairing: Pairing) -> Result<()> {
    let fixture = Fixture::delivering(pairing, |settings| {
        settings.webhooks.schedule = vec![Duration::ZERO, Duration::from_secs(100)];
    })
    .await?;
    let receiver = Receiver::answering(|_| Reply::status(500)).await?;
    fixture.hook(&receiver).await?;
    fixture.record(CREATED).await?;
    let both = fixture.log_when("a retry waits", |all| all.len() == 2).await?;
    let [next, failed] = &both[..] else { panic!("{both:?}") };
    assert_eq!((next.attempt.state, failed.attempt.state), (DeliveryState::Pending, DeliveryState::Retrying));
    let due = next.next_attempt_at.context("no time")?;
    assert_eq!((due, failed.next_attempt_at), (next.attempt.due_at, Some(due)));
    assert!(due > failed.attempt.created_at + TimeDelta::seconds(79));
    receiver.answer(|_| Reply::ok());
    fixture.app.at_rest().await?;
    fixture.app.clock.advance(TimeDelta::seconds(200));
    receiver.arrived(2).await?;
    fixture.app.drain().await?;
    Ok(())
}

async fn a_test_is_among_them_with_its_type(pairing: Pairing) -> Result<()> {
    let fixture = Fixture::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let endpoint = fixture.hook(&receiver).await?.record;
    let (actor, payload) = (fixture.work().actor, RawJson::new(&json!({ "n": 1 }))?);
    let test = webhooks::Test { actor: &actor, kind: CREATED, payload: &payload };
    let tested = webhooks::test(&fixture.app.kernel, vec![endpoint], test).await?;
    assert!(tested.iter().all(|tested| tested.delivered) && tested.len() == 1, "{tested:?}");
    let entry = fixture.log(LogFilter { kind: Some(CREATED.into()), ..Default::default() }).await?;
    let [entry] = &entry[..] else { panic!("{entry:?}") };
    assert_eq!((&*entry.kind, entry.attempt.sequence, entry.next_attempt_at), (CREATED, 0, None));
    assert_eq!(receiver.arrivals()[0].header("x-kirim-attempt"), "1");
    let refused = webhooks::retry_by_id(&fixture.work(), CONTRACT, entry.attempt.id).await;
    assert_eq!(conflict(refused), "A test cannot be retried; send another one");
    fixture.app.drain().await
}
