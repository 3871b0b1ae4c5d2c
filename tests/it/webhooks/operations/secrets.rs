//! Secrets with ids, with and without an end.

use super::{CONTRACT, CREATED, Ground, conflict, is_missing};
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

impl Ground {
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
    let ground = Ground::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let made = ground.hook(&receiver).await?;
    let id = made.record.id;
    let first = ground.secrets(id).await?.remove(0).id;
    ground.app.clock.advance(TimeDelta::seconds(1));
    let (second, third) = (ground.add(id, None).await?, ground.add(id, Some(HOUR)).await?);
    let shown: Vec<_> = ground.secrets(id).await?.iter().map(|one| (one.id, one.expires_at)).collect();
    assert_eq!(shown, [(third.id, third.expires_at), (second.id, None), (first, None)]);
    assert_eq!(third.expires_at, Some(third.created_at + TimeDelta::hours(1)));
    let sent = ground.next(&receiver).await?;
    let all = [made.secret.reveal(), second.secret.reveal(), third.secret.reveal()];
    assert!(all.iter().all(|secret| sent.is_signed_with(secret)) && signatures(&sent) == 3);
    ground.app.at_rest().await?;
    ground.app.clock.advance(TimeDelta::hours(1));
    let sent = ground.next(&receiver).await?;
    assert_eq!(all.map(|secret| sent.is_signed_with(secret)), [true, true, false]);
    assert!(is_missing(&ground.revoke(id, third.id).await?, "Webhook secret"), "it signs no more");
    let stranger = ground.stranger().await?;
    let refused = webhooks::revoke_secret(&stranger, CONTRACT, id, first).await;
    assert!(is_missing(&refused, "Webhook"));
    assert!(is_missing(&webhooks::add_secret(&stranger, CONTRACT, id, None).await, "Webhook"));
    stranger.rollback().await?;
    ground.revoke(id, first).await??;
    let sent = ground.next(&receiver).await?;
    assert_eq!((all.map(|secret| sent.is_signed_with(secret)), signatures(&sent)), ([false, true, false], 1));
    let last = ground.revoke(id, second.id).await?;
    assert!(matches!(last, Err(Error::RuleViolated { rule: Rule::LastSecret, .. })), "{last:?}");
    for (kind, count) in [("webhook.rotated", 2), ("webhook.secret_revoked", 1)] {
        assert_eq!(ground.app.events_of(kind).await?.len(), count, "{kind}");
    }
    assert!(ground.endpoint(id).await?.updated_at >= made.record.created_at + TimeDelta::hours(1));
    ground.app.drain().await
}

async fn there_are_at_most_five(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::resting(pairing).await?;
    let id = ground.register("https://example.com/hook", &[CREATED]).await?.record.id;
    for _ in 0..4 {
        ground.add(id, None).await?;
    }
    let refused = webhooks::add_secret(&ground.work(), CONTRACT, id, Some(HOUR)).await;
    assert!(conflict(refused).ends_with("there cannot be more; revoke one of them first"));
    let first = ground.secrets(id).await?.pop().context("none")?.id;
    ground.revoke(id, first).await??;
    let end = ground.add(id, Some(HOUR)).await?.expires_at.context("no end")?;
    let end = end.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let refused = webhooks::add_secret(&ground.work(), CONTRACT, id, None).await;
    assert!(conflict(refused).ends_with(&format!("one of them ceases at {end}")));
    ground.app.clock.advance(TimeDelta::hours(1));
    ground.add(id, None).await?;
    assert_eq!(ground.secrets(id).await?.len(), 5);
    ground.app.stop_workers().await
}

async fn the_only_one_signs_beyond_its_end(pairing: Pairing) -> Result<()> {
    let ground = Ground::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let made = ground.hook(&receiver).await?;
    let id = made.record.id;
    let first = ground.secrets(id).await?.remove(0).id;
    let second = ground.add(id, Some(HOUR)).await?;
    ground.revoke(id, first).await??;
    ground.app.at_rest().await?;
    ground.app.clock.advance(TimeDelta::hours(2));
    let sent = ground.next(&receiver).await?;
    assert!(sent.is_signed_with(second.secret.reveal()) && signatures(&sent) == 1);
    assert_eq!(ground.secrets(id).await?.iter().map(|one| one.id).collect::<Vec<_>>(), [second.id]);
    let refused = ground.revoke(id, second.id).await?;
    assert!(matches!(refused, Err(Error::RuleViolated { rule: Rule::LastSecret, .. })), "{refused:?}");
    let third = ground.add(id, None).await?;
    let sent = ground.next(&receiver).await?;
    assert!(sent.is_signed_with(third.secret.reveal()) && signatures(&sent) == 1);
    ground.app.drain().await
}

async fn a_disabled_endpoint_gets_none(pairing: Pairing) -> Result<()> {
    let ground = Ground::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::answering(|_| Reply::status(410)).await?;
    let id = ground.hook(&receiver).await?.record.id;
    ground.next(&receiver).await?;
    ground.app.at_rest().await?;
    let refused = webhooks::add_secret(&ground.work(), CONTRACT, id, None).await;
    assert_eq!(conflict(refused), "The webhook is disabled; resume it first");
    ground.app.drain().await
}
