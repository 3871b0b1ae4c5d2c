//! Changes of what was registered.

use super::{CONTRACT, CREATED, Fixture, UPDATED, is_missing};
use crate::app::{Pairing, Receiver, Reply, both};
use anyhow::Result;
use chrono::TimeDelta;
use entities::{
    delivery,
    endpoint::{self, EndpointStatus},
    ids::EndpointId,
};
use platform::{FieldUpdate, error::Error};
use std::time::Duration;
use webhooks::EndpointChanges;

both!(
    a_new_url_is_used_from_the_next_attempt,
    a_session_under_way_goes_on_at_the_new_url,
    a_new_type_counts_from_now_on,
    only_what_differs_is_a_change,
    a_disabled_endpoint_gets_a_new_url_and_stays_disabled,
);

impl Fixture {
    async fn update(&self, id: EndpointId, changes: EndpointChanges) -> Result<endpoint::Model> {
        let work = self.work();
        let after = webhooks::update(&work, CONTRACT, id, changes).await?;
        work.commit().await?;
        Ok(after)
    }
}

fn url(url: &str) -> EndpointChanges {
    EndpointChanges { url: Some(url.into()), ..Default::default() }
}

fn types(types: &[&str]) -> EndpointChanges {
    let types = types.iter().map(|kind| (*kind).to_owned()).collect();
    EndpointChanges { types: Some(types), ..Default::default() }
}

async fn a_new_url_is_used_from_the_next_attempt(pairing: Pairing) -> Result<()> {
    let fixture = Fixture::delivering(pairing, |settings| {
        settings.webhooks.schedule = vec![Duration::ZERO, Duration::from_secs(100)];
    })
    .await?;
    let (old, new) = (Receiver::answering(|_| Reply::status(500)).await?, Receiver::start().await?);
    let id = fixture.hook(&old).await?.record.id;
    fixture.record(CREATED).await?;
    fixture.log_when("a retry waits", |all| all.len() == 2).await?;
    fixture.update(id, url(&new.url())).await?;
    fixture.app.at_rest().await?;
    fixture.app.clock.advance(TimeDelta::seconds(200));
    let sent = new.arrived(1).await?;
    assert_eq!((sent[0].header("x-kirim-attempt"), old.arrivals().len()), ("2", 1));
    fixture.app.drain().await
}

/// What still arrives at the old one until the session has read the endpoint is rejected, and sent again.
async fn a_session_under_way_goes_on_at_the_new_url(pairing: Pairing) -> Result<()> {
    let fixture = Fixture::delivering(pairing, |settings| {
        settings.webhooks.concurrency = 1;
        settings.webhooks.breaker_failures = 1000;
        settings.webhooks.schedule = vec![Duration::from_millis(50); 100];
    })
    .await?;
    let (old, new) = (Receiver::answering(|_| Reply::ok().held()).await?, Receiver::start().await?);
    let id = fixture.hook(&old).await?.record.id;
    for _ in 0..3 {
        fixture.record(CREATED).await?;
    }
    fixture.log_when("all are there", |all| all.len() == 3).await?;
    let first = old.arrived(1).await?.remove(0);
    old.answer(|_| Reply::status(500));
    fixture.update(id, url(&new.url())).await?;
    old.let_go();
    let sent = new.arrived(2).await?;
    assert!(sent.iter().all(|sent| sent.id() != first.id()));
    fixture.app.drain().await?;
    assert_eq!(new.arrivals().len(), 2);
    Ok(())
}

/// Held by this process, the fan-out is one statement in PostgreSQL; not held, it is done in steps.
async fn a_new_type_counts_from_now_on(pairing: Pairing) -> Result<()> {
    let mut fixture = Fixture::resting(pairing).await?;
    for held in [true, false] {
        let made = fixture.register("https://example.com/hook", &[CREATED]).await?;
        let id = made.record.id;
        let [first, second] = [fixture.record(CREATED).await?, fixture.record(UPDATED).await?];
        fixture.update(id, types(&[UPDATED, UPDATED])).await?;
        let [third, fourth] = [fixture.record(CREATED).await?, fixture.record(UPDATED).await?];
        let (db, now) = (&fixture.app.kernel.db, fixture.app.clock.now());
        webhooks::fan_out(db, fixture.organization, &|_| held, false, now).await?;
        let mut told = delivery::Entity::to(id).all(db.reader()).await?;
        told.reverse();
        let told: Vec<_> = told.iter().map(|it| (it.event_id, it.sequence)).collect();
        assert_eq!(told, [(first, 1), (fourth, 2)], "neither {second} nor {third}");
        assert_eq!(fixture.endpoint(id).await?.types.0, [UPDATED]);
        let work = fixture.work();
        webhooks::remove(&work, CONTRACT, id).await?;
        work.commit().await?;
    }
    fixture.app.stop_workers().await
}

async fn only_what_differs_is_a_change(pairing: Pairing) -> Result<()> {
    let mut fixture = Fixture::resting(pairing).await?;
    let made = fixture.register("https://example.com/hook", &[CREATED]).await?;
    let id = made.record.id;
    fixture.app.clock.advance(TimeDelta::seconds(1));
    let same = EndpointChanges { description: FieldUpdate::Clear, ..url("https://EXAMPLE.com/hook") };
    let same = EndpointChanges { types: Some(vec![CREATED.into(), CREATED.into()]), ..same };
    assert_eq!(fixture.update(id, same).await?, made.record);
    assert_eq!(fixture.update(id, EndpointChanges::default()).await?.updated_at, made.record.created_at);
    let text = FieldUpdate::Set("sales".to_owned());
    let after = fixture.update(id, EndpointChanges { description: text, ..url("https://example.com/new") });
    let after = after.await?;
    assert_eq!((&*after.url, after.description.as_deref()), ("https://example.com/new", Some("sales")));
    assert!(after.updated_at >= made.record.created_at + TimeDelta::seconds(1));
    assert_eq!(fixture.endpoint(id).await?, after);
    let cleared = EndpointChanges { description: FieldUpdate::Clear, ..Default::default() };
    assert_eq!(fixture.update(id, cleared).await?.description, None);
    let events = fixture.app.events_of("webhook.updated").await?;
    let changed: Vec<_> = events.iter().filter_map(|event| event.changes.as_ref()?.as_object()).collect();
    let mut names: Vec<Vec<&String>> = changed.iter().map(|it| it.keys().collect()).collect();
    names.sort();
    assert_eq!(names, [vec!["description"], vec!["description", "url"]]);
    for bad in ["ftp://example.com/", "https://10.0.0.1/", "nonsense"] {
        let refused = webhooks::update(&fixture.work(), CONTRACT, id, url(bad)).await;
        let Err(Error::Invalid { faults, .. }) = refused else { panic!("{bad}: {refused:?}") };
        assert_eq!(faults[0].field, "url", "{bad}");
    }
    let stranger = fixture.stranger().await?;
    assert!(is_missing(&webhooks::update(&stranger, CONTRACT, id, types(&[UPDATED])).await, "Webhook"));
    // With SQLite it is the one that writes.
    stranger.rollback().await?;
    assert!(is_missing(
        &webhooks::update(&fixture.work(), "partner", id, url("https://a.example/")).await,
        "Webhook"
    ));
    fixture.app.stop_workers().await
}

async fn a_disabled_endpoint_gets_a_new_url_and_stays_disabled(pairing: Pairing) -> Result<()> {
    let fixture = Fixture::delivering(pairing, |_| {}).await?;
    let (gone, new) = (Receiver::answering(|_| Reply::status(410)).await?, Receiver::start().await?);
    let id = fixture.hook(&gone).await?.record.id;
    fixture.record(CREATED).await?;
    gone.arrived(1).await?;
    fixture.app.at_rest().await?;
    let disabled = fixture.endpoint(id).await?;
    assert!(disabled.status == EndpointStatus::Disabled && disabled.updated_at == disabled.status_at);
    let after = fixture.update(id, url(&new.url())).await?;
    assert_eq!((after.status, after.url), (EndpointStatus::Disabled, new.url()));
    let work = fixture.work();
    let resumed = webhooks::resume(&work, CONTRACT, id).await?;
    work.commit().await?;
    assert!(resumed.updated_at > disabled.updated_at);
    fixture.record(CREATED).await?;
    new.arrived(1).await?;
    fixture.app.drain().await
}
