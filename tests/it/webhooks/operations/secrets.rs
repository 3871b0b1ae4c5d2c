//! Secrets with ids, with and without an end.

use super::{CONTRACT, CREATED, Fixture, conflict, is_missing};
use crate::app::{Arrival, Pairing, Receiver, Reply, both};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use entities::ids::{EndpointId, WebhookSecretId};
use platform::error::{Error, Rule};
use std::time::Duration;
use webhooks::{LiveSecret, MadeSecret};

both!(
    all_that_are_live_sign_and_none_that_was_revoked,
    there_are_at_most_five,
    the_only_one_signs_beyond_its_end,
    a_disabled_endpoint_gets_none,
);

const HOUR: Duration = Duration::from_hours(1);

impl Fixture {
    async fn add(&self, id: EndpointId, expires: Option<Duration>) -> Result<MadeSecret> {
        let work = self.work();
        let made = webhooks::add_secret(&work, CONTRACT, id, expires).await?;
        work.commit().await?;
        Ok(made)
    }

    async fn revoke(&self, id: EndpointId, secret: WebhookSecretId) -> Result<platform::Result<()>> {
        let work = self.work();
        let revoked = webhooks::revoke_secret(&work, CONTRACT, id, secret).await;
        work.commit().await?;
        Ok(revoked)
    }

    async fn secrets(&self, id: EndpointId) -> Result<Vec<LiveSecret>> {
        webhooks::secrets(&self.app.kernel, &[id]).await?.remove(&id).context("no secrets")
    }

    /// The next delivery, by a session that has read the endpoint anew.
    async fn next(&self, receiver: &Receiver) -> Result<Arrival> {
        let before = receiver.arrivals().len();
        self.app.at_rest().await?;
        self.record(CREATED).await?;
        receiver.arrived(before + 1).await?.pop().context("none")
    }
}

/// How many signatures a delivery has.
fn signatures(sent: &Arrival) -> usize {
    let count = sent.header("x-kirim-signature").split(',').filter(|part| part.starts_with("v1=")).count();
    assert_eq!(count, sent.header("webhook-signature").split(' ').count());
    count
}

async fn all_that_are_live_sign_and_none_that_was_revoked(pairing: Pairing) -> Result<()> {
    let fixture = Fixture::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let made = fixture.hook(&receiver).await?;
    let id = made.record.id;
    let first = fixture.secrets(id).await?.remove(0).id;
    fixture.app.clock.advance(TimeDelta::seconds(1));
    let (second, third) = (fixture.add(id, None).await?, fixture.add(id, Some(HOUR)).await?);
    let shown: Vec<_> = fixture.secrets(id).await?.iter().map(|one| (one.id, one.expires_at)).collect();
    assert_eq!(shown, [(third.id, third.expires_at), (second.id, None), (first, None)]);
    assert_eq!(third.expires_at, Some(third.created_at + TimeDelta::hours(1)));
    let sent = fixture.next(&receiver).await?;
    let all = [made.secret.reveal(), second.secret.reveal(), third.secret.reveal()];
    assert!(all.iter().all(|secret| sent.is_signed_with(secret)) && signatures(&sent) == 3);
    fixture.app.at_rest().await?;
    fixture.app.clock.advance(TimeDelta::hours(1));
    let sent = fixture.next(&receiver).await?;
    assert_eq!(all.map(|secret| sent.is_signed_with(secret)), [true, true, false]);
    assert!(is_missing(&fixture.revoke(id, third.id).await?, "Webhook secret"), "it signs no more");
    let stranger = fixture.stranger().await?;
    let refused = webhooks::revoke_secret(&stranger, CONTRACT, id, first).await;
    assert!(is_missing(&refused, "Webhook"));
    assert!(is_missing(&webhooks::add_secret(&stranger, CONTRACT, id, None).await, "Webhook"));
    stranger.rollback().await?;
    fixture.revoke(id, first).await??;
    let sent = fixture.next(&receiver).await?;
    assert_eq!((all.map(|secret| sent.is_signed_with(secret)), signatures(&sent)), ([false, true, false], 1));
    let last = fixture.revoke(id, second.id).await?;
    assert!(matches!(last, Err(Error::RuleViolated { rule: Rule::LastSecret, .. })), "{last:?}");
    for (kind, count) in [("webhook.rotated", 2), ("webhook.secret_revoked", 1)] {
        assert_eq!(fixture.app.events_of(kind).await?.len(), count, "{kind}");
    }
    assert!(fixture.endpoint(id).await?.updated_at >= made.record.created_at + TimeDelta::hours(1));
    fixture.app.drain().await
}

async fn there_are_at_most_five(pairing: Pairing) -> Result<()> {
    let mut fixture = Fixture::resting(pairing).await?;
    let id = fixture.register("https://example.com/hook", &[CREATED]).await?.record.id;
    for _ in 0..4 {
        fixture.add(id, None).await?;
    }
    let refused = webhooks::add_secret(&fixture.work(), CONTRACT, id, Some(HOUR)).await;
    assert!(conflict(refused).ends_with("there cannot be more; revoke one of them first"));
    let first = fixture.secrets(id).await?.pop().context("none")?.id;
    fixture.revoke(id, first).await??;
    let end = fixture.add(id, Some(HOUR)).await?.expires_at.context("no end")?;
    let end = end.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let refused = webhooks::add_secret(&fixture.work(), CONTRACT, id, None).await;
    assert!(conflict(refused).ends_with(&format!("one of them ceases at {end}")));
    fixture.app.clock.advance(TimeDelta::hours(1));
    fixture.add(id, None).await?;
    assert_eq!(fixture.secrets(id).await?.len(), 5);
    fixture.app.stop_workers().await
}

async fn the_only_one_signs_beyond_its_end(pairing: Pairing) -> Result<()> {
    let fixture = Fixture::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let made = fixture.hook(&receiver).await?;
    let id = made.record.id;
    let first = fixture.secrets(id).await?.remove(0).id;
    let second = fixture.add(id, Some(HOUR)).await?;
    fixture.revoke(id, first).await??;
    fixture.app.at_rest().await?;
    fixture.app.clock.advance(TimeDelta::hours(2));
    let sent = fixture.next(&receiver).await?;
    assert!(sent.is_signed_with(second.secret.reveal()) && signatures(&sent) == 1);
    assert_eq!(fixture.secrets(id).await?.iter().map(|one| one.id).collect::<Vec<_>>(), [second.id]);
    let refused = fixture.revoke(id, second.id).await?;
    assert!(matches!(refused, Err(Error::RuleViolated { rule: Rule::LastSecret, .. })), "{refused:?}");
    let third = fixture.add(id, None).await?;
    let sent = fixture.next(&receiver).await?;
    assert!(sent.is_signed_with(third.secret.reveal()) && signatures(&sent) == 1);
    fixture.app.drain().await
}

async fn a_disabled_endpoint_gets_none(pairing: Pairing) -> Result<()> {
    let fixture = Fixture::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::answering(|_| Reply::status(410)).await?;
    let id = fixture.hook(&receiver).await?.record.id;
    fixture.next(&receiver).await?;
    fixture.app.at_rest().await?;
    let refused = webhooks::add_secret(&fixture.work(), CONTRACT, id, None).await;
    assert_eq!(conflict(refused), "The webhook is disabled; resume it first");
    fixture.app.drain().await
}
