//! Replays by filter and by id.

use super::{CONTRACT, CREATED, Fixture, UPDATED, conflict, is_missing};
use crate::app::{Pairing, Receiver, Reply, both};
use anyhow::Result;
use chrono::TimeDelta;
use entities::{
    delivery::{self, DeliveryState},
    ids::{DeliveryId, EndpointId},
};
use sea_orm::EntityTrait;
use std::{collections::BTreeSet, time::Duration};
use webhooks::{LogEntry, MadeEndpoint, ReplayFilter, ReplayState, Replayed};

both!(
    what_has_failed_is_sent_again_up_to_a_maximum,
    what_is_being_retried_is_sent_at_once_and_only_once,
    an_attempt_is_sent_again_by_its_id,
    nothing_is_replayed_while_it_is_not_active,
);

const FAILED: ReplayFilter =
    ReplayFilter { state: ReplayState::Failed, kind: None, after: None, before: None };
const RETRYING: ReplayFilter = ReplayFilter { state: ReplayState::Retrying, ..FAILED };

impl Fixture {
    async fn replay(&self, id: EndpointId, filter: ReplayFilter, most: u64) -> Result<(u64, bool)> {
        let (work, endpoint) = (self.work(), self.endpoint(id).await?);
        let Replayed { enqueued, capped } = webhooks::replay_matching(&work, &endpoint, filter, most).await?;
        work.commit().await?;
        Ok((enqueued, capped))
    }

    async fn retry(&self, id: DeliveryId) -> Result<DeliveryId> {
        let work = self.work();
        let new = webhooks::retry_by_id(&work, CONTRACT, id).await?;
        work.commit().await?;
        Ok(new)
    }

    /// An endpoint, and its receiver, at which so many deliveries have failed; then it accepts them.
    async fn failed(&self, kinds: &[&str]) -> Result<(MadeEndpoint, Receiver)> {
        let receiver = Receiver::answering(|_| Reply::status(500)).await?;
        let made = self.register(&receiver.url(), &[CREATED, UPDATED]).await?;
        for kind in kinds {
            self.record(kind).await?;
        }
        let all = |all: &[LogEntry]| all.iter().filter(|it| it.attempt.sent_at.is_some()).count();
        self.log_when("all have failed", |entries| all(entries) == kinds.len()).await?;
        self.app.at_rest().await?;
        receiver.answer(|_| Reply::ok());
        Ok((made, receiver))
    }
}

fn has_ended(all: &[LogEntry]) -> bool {
    all.iter().all(|it| it.attempt.sent_at.is_some())
}

async fn what_has_failed_is_sent_again_up_to_a_maximum(pairing: Pairing) -> Result<()> {
    let fixture = Fixture::delivering(pairing, |settings| settings.webhooks.schedule.truncate(1)).await?;
    let (made, receiver) = fixture.failed(&[CREATED, CREATED, UPDATED, CREATED, CREATED]).await?;
    let (id, failed) = (made.record.id, fixture.log_when("all have ended", has_ended).await?);
    let now = fixture.app.clock.now();
    let hour = TimeDelta::hours(1);
    for none in [
        RETRYING,
        ReplayFilter { kind: Some("customer.archived".into()), ..FAILED },
        ReplayFilter { after: Some(now + hour), ..FAILED },
        ReplayFilter { before: Some(now - hour), ..FAILED },
    ] {
        assert_eq!(fixture.replay(id, none.clone(), 1000).await?, (0, false), "{none:?}");
    }
    let within = ReplayFilter { after: Some(now - hour), before: Some(now + hour), ..FAILED };
    assert_eq!(
        fixture.replay(id, ReplayFilter { kind: Some(UPDATED.into()), ..within.clone() }, 1).await?,
        (1, false)
    );
    assert_eq!(fixture.replay(id, within.clone(), 3).await?, (3, true));
    assert_eq!(fixture.replay(id, within, 3).await?, (1, false));
    assert_eq!(fixture.replay(id, FAILED, 1000).await?, (0, false));
    let all = fixture.log_when("all have ended", |all| all.len() == 10 && has_ended(all)).await?;
    let (new, old) = all.split_at(5);
    let events = |of: &[LogEntry]| of.iter().map(|it| it.attempt.event_id.0).collect::<BTreeSet<_>>();
    assert_eq!(events(new), events(old));
    assert!(new.iter().all(|it| (it.attempt.attempt, it.attempt.state) == (2, DeliveryState::Success)));
    assert!(old.iter().map(|it| &it.attempt).eq(failed.iter().map(|it| &it.attempt)), "they stay");
    assert!(receiver.arrivals().iter().skip(5).all(|sent| sent.header("x-kirim-attempt") == "2"));
    fixture.app.drain().await
}

async fn what_is_being_retried_is_sent_at_once_and_only_once(pairing: Pairing) -> Result<()> {
    let fixture = Fixture::delivering(pairing, |settings| {
        settings.webhooks.schedule = vec![Duration::ZERO, Duration::from_secs(1000)];
    })
    .await?;
    let (made, receiver) = fixture.failed(&[CREATED, UPDATED, CREATED]).await?;
    let id = made.record.id;
    assert_eq!(fixture.replay(id, FAILED, 1000).await?, (0, false));
    let work = fixture.work();
    webhooks::pause(&work, CONTRACT, id).await?;
    webhooks::resume(&work, CONTRACT, id).await?;
    let endpoint = fixture.endpoint(id).await?;
    let first = webhooks::replay_matching(&work, &endpoint, RETRYING, 2).await?;
    assert_eq!(first, Replayed { enqueued: 2, capped: true });
    // What was replaced does not match again.
    let second = webhooks::replay_matching(&work, &endpoint, RETRYING, 2).await?;
    assert_eq!(second, Replayed { enqueued: 1, capped: false });
    let third = webhooks::replay_matching(&work, &endpoint, RETRYING, 2).await?;
    assert_eq!(third, Replayed { enqueued: 0, capped: false });
    work.commit().await?;
    receiver.arrived(6).await?;
    let all = fixture.log_when("all have ended", |all| all.len() == 9 && has_ended(all)).await?;
    let states = |number| {
        let of = all.iter().map(|it| &it.attempt).filter(move |it| it.attempt == number);
        of.map(|it| (it.state, it.error_class.as_deref())).collect::<Vec<_>>()
    };
    assert_eq!(states(1), [(DeliveryState::Retrying, Some("status")); 3]);
    assert_eq!(states(2), [(DeliveryState::Retrying, Some("replaced")); 3]);
    assert_eq!(states(3), [(DeliveryState::Success, None); 3]);
    let replaced = all.iter().find(|it| it.attempt.attempt == 2).and_then(|it| it.attempt.error.as_deref());
    assert_eq!(replaced, Some("not made: attempt 3 was asked for"));
    assert!(all.iter().all(|it| it.next_attempt_at.is_none()));
    fixture.app.drain().await?;
    assert_eq!(receiver.arrivals().len(), 6);
    Ok(())
}

async fn an_attempt_is_sent_again_by_its_id(pairing: Pairing) -> Result<()> {
    let fixture = Fixture::delivering(pairing, |settings| settings.webhooks.schedule.truncate(1)).await?;
    let (_, receiver) = fixture.failed(&[CREATED]).await?;
    let failed = fixture.log_when("it has failed", has_ended).await?.remove(0).attempt;
    let stranger = fixture.stranger().await?;
    let refused = webhooks::retry_by_id(&stranger, CONTRACT, failed.id).await;
    assert!(is_missing(&refused, "Delivery"));
    stranger.rollback().await?;
    assert!(is_missing(&webhooks::retry_by_id(&fixture.work(), "partner", failed.id).await, "Delivery"));
    let missing = webhooks::retry_by_id(&fixture.work(), CONTRACT, DeliveryId::new()).await;
    assert!(is_missing(&missing, "Delivery"));
    let new = fixture.retry(failed.id).await?;
    receiver.arrived(2).await?;
    let all = fixture.log_when("it is delivered", |all| all.len() == 2 && has_ended(all)).await?;
    assert_eq!((all[0].attempt.id, all[0].attempt.event_id), (new, failed.event_id));
    assert_eq!(all[1].attempt, failed, "it stays");
    fixture.app.drain().await
}

async fn nothing_is_replayed_while_it_is_not_active(pairing: Pairing) -> Result<()> {
    let fixture = Fixture::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::answering(|_| Reply::status(410)).await?;
    let id = fixture.hook(&receiver).await?.record.id;
    fixture.record(CREATED).await?;
    receiver.arrived(1).await?;
    fixture.app.at_rest().await?;
    let endpoint = fixture.endpoint(id).await?;
    let attempt = delivery::Entity::find().one(fixture.app.kernel.db.reader()).await?;
    let attempt = attempt.map_or_else(DeliveryId::new, |it| it.id);
    for message in ["The webhook is disabled; resume it first", "The webhook is paused; resume it first"] {
        let refused = webhooks::replay_matching(&fixture.work(), &endpoint, FAILED, 1000).await;
        assert_eq!(conflict(refused), message);
        let refused = webhooks::retry_by_id(&fixture.work(), CONTRACT, attempt).await;
        assert_eq!(conflict(refused), message);
        let work = fixture.work();
        webhooks::resume(&work, CONTRACT, id).await?;
        webhooks::pause(&work, CONTRACT, id).await?;
        work.commit().await?;
    }
    fixture.app.drain().await
}
