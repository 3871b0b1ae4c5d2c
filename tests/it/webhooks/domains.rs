//! Endpoints of several contracts in one organization: each gets events of its own contract's objects, on every path
//! from an event to an endpoint.

use super::fanned_out::platform;
use crate::app::{Pairing, TestApp, both};
use anyhow::{Context, Result};
use entities::{
    delivery::{self, DeliveryState},
    endpoint,
    event::{self, Domain},
    ids::{DeliveryId, EndpointId, EventId, OrganizationId},
};
use kernel::{
    UnitOfWork,
    events::{self, Actor, Kind},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;
use webhooks::{NewEndpoint, ReplaySelection};

both!(
    events_of_a_batch_go_to_their_own_contract,
    an_event_alone_goes_to_its_own_contract,
    what_was_made_for_the_wrong_contract_is_not_sent_again_nor_counted,
);

/// The domains of three customers, all told of as `customer.created`.
const DOMAINS: [Domain; 3] = [Domain::Isp, Domain::Licensing, Domain::Messaging];

struct Ground {
    app: TestApp,
    organization: OrganizationId,
    /// An endpoint of each contract, for `customer.created` and for all types.
    endpoints: BTreeMap<&'static str, [EndpointId; 2]>,
}

impl Ground {
    async fn new(pairing: Pairing) -> Result<Self> {
        let (app, _, _, organization) = platform(pairing).await?;
        let mut endpoints = BTreeMap::new();
        for contract in ["partner", "operator", "licensing", "messaging"] {
            let mut both = vec![];
            for kind in ["customer.created", "*"] {
                let work = UnitOfWork::new(app.kernel.clone(), Actor::system(organization));
                let url = format!("https://{contract}.example.com/hook");
                let types = vec![kind.into()];
                let new = NewEndpoint { contract, url, types, ..Default::default() };
                both.push(webhooks::register(&work, new).await?.record.id);
                work.commit().await?;
            }
            endpoints.insert(contract, [both[0], both[1]]);
        }
        let ground = Self { app, organization, endpoints };
        // What is said of the registrations themselves.
        ground.fan_out(true, false).await?;
        delivery::Entity::delete_many().exec(ground.app.kernel.db.writer()).await?;
        Ok(ground)
    }

    fn event(&self, domain: Domain) -> Result<event::Model> {
        let kind = Kind { domain, name: "customer.created" };
        let about = ("customer", Uuid::now_v7());
        let told = json!({ "of": domain.as_str() });
        Ok(events::event(&Actor::system(self.organization), kind, about, &told, self.app.clock.now())?)
    }

    async fn fan_out(&self, held: bool, expect_one: bool) -> Result<usize> {
        let (db, now) = (&self.app.kernel.db, self.app.clock.now());
        Ok(webhooks::fan_out(db, self.organization, &|_| held, expect_one, now).await?.events.len())
    }

    /// Sees that each endpoint has so many deliveries of its own contract's events, numbered without a gap, and no
    /// others; then forgets them.
    async fn each_has(&self, count: usize) -> Result<()> {
        let db = self.app.kernel.db.reader();
        for (contract, endpoints) in &self.endpoints {
            for id in endpoints {
                let all = delivery::Entity::to(*id).order_by_asc(delivery::Column::Sequence).all(db).await?;
                let events = events::load(db, all.iter().map(|one| one.event_id)).await?;
                let of = if ["partner", "operator"].contains(contract) { "isp" } else { contract };
                assert!(events.iter().all(|event| event.domain.as_str() == of), "{contract}: {events:?}");
                let endpoint = endpoint::Entity::find_by_id(*id).one(db).await?.context("an endpoint")?;
                let mut numbers: Vec<_> = all.iter().map(|one| one.sequence).collect();
                numbers.sort_unstable();
                let next = endpoint.next_sequence;
                assert!(numbers.into_iter().eq(next - i64::try_from(count)?..next), "{contract}: {all:?}");
            }
        }
        delivery::Entity::delete_many().exec(self.app.kernel.db.writer()).await?;
        Ok(())
    }
}

async fn events_of_a_batch_go_to_their_own_contract(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    // Held: one statement, in PostgreSQL. Not held: in steps.
    for held in [true, false] {
        let mut batch = vec![];
        for domain in DOMAINS.into_iter().chain(DOMAINS) {
            batch.push(ground.event(domain)?);
        }
        let transaction = ground.app.kernel.db.begin().await?;
        // Nobody is there to be told.
        drop(events::record(&transaction, &batch).await?);
        transaction.commit().await?;
        assert_eq!(ground.fan_out(held, false).await?, batch.len());
        ground.each_has(2).await?;
    }
    ground.app.stop_workers().await
}

async fn an_event_alone_goes_to_its_own_contract(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    for domain in DOMAINS {
        let transaction = ground.app.kernel.db.begin().await?;
        drop(events::record(&transaction, &[ground.event(domain)?]).await?);
        transaction.commit().await?;
        assert_eq!(ground.fan_out(true, true).await?, 1);
    }
    ground.each_has(1).await?;
    for domain in DOMAINS {
        let now = ground.app.clock.now();
        let event = ground.event(domain)?;
        let published = webhooks::publish(&ground.app.kernel.db, &event, now).await?;
        assert_eq!(published.is_some(), pairing == Pairing::Scaled, "only there is it one statement");
        if published.is_none() {
            ground.app.kernel.enqueuer.record(event).await?;
            ground.fan_out(true, true).await?;
        }
    }
    ground.each_has(1).await?;
    ground.app.stop_workers().await
}

/// A delivery of the event that has failed, as a process that knew no domains would have made it.
async fn failed(ground: &Ground, endpoint: EndpointId, event: EventId, number: i64) -> Result<DeliveryId> {
    let now = ground.app.clock.now();
    let row = delivery::Model {
        id: DeliveryId::new(),
        endpoint_id: endpoint,
        event_id: event,
        sequence: number,
        after_sequence: None,
        attempt: 1,
        retry: 0,
        priority: 2,
        state: DeliveryState::Failed,
        due_at: now,
        created_at: now,
        sent_at: Some(now),
        took_ms: None,
        http_status: None,
        error_class: None,
        error: None,
        response: None,
        headers: None,
    };
    Ok(row.into_active_model().insert(ground.app.kernel.db.writer()).await?.id)
}

async fn what_was_made_for_the_wrong_contract_is_not_sent_again_nor_counted(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let mut of = BTreeMap::new();
    for domain in DOMAINS {
        let event = ground.event(domain)?;
        of.insert(domain.as_str(), event.id);
        ground.app.kernel.enqueuer.record(event).await?;
    }
    ground.fan_out(true, false).await?;
    delivery::Entity::delete_many().exec(ground.app.kernel.db.writer()).await?;
    let db = ground.app.kernel.db.reader();
    let since = ground.app.clock.now() - chrono::TimeDelta::hours(1);
    let until = ground.app.clock.now() + chrono::TimeDelta::hours(1);
    for (contract, own, other) in [
        ("partner", "isp", "licensing"),
        ("licensing", "licensing", "isp"),
        ("messaging", "messaging", "isp"),
    ] {
        let id = ground.endpoints[contract][0];
        let endpoint = endpoint::Entity::find_by_id(id).one(db).await?.context("an endpoint")?;
        let right = failed(&ground, id, of[own], 101).await?;
        let wrong = failed(&ground, id, of[other], 102).await?;
        let log = webhooks::attempts(&ground.app.kernel, &endpoint, None, 1, 10).await?;
        let shown: Vec<_> = log.items.iter().map(|entry| (entry.attempt.id, &*entry.kind)).collect();
        assert_eq!(shown, [(wrong, ""), (right, "customer.created")], "{contract}");
        let digest = webhooks::reconcile(&ground.app.kernel, &endpoint, since, until).await?;
        assert_eq!((digest.count, digest.failed), (1, 1), "{contract}");
        let work = UnitOfWork::new(ground.app.kernel.clone(), Actor::system(ground.organization));
        assert!(webhooks::retry(&work, &endpoint, wrong).await.is_err());
        assert_eq!(webhooks::replay(&work, &endpoint, ReplaySelection::default()).await?, 1, "{contract}");
        work.commit().await?;
        let again: Vec<EventId> = delivery::Entity::to(id)
            .filter(delivery::Column::Attempt.eq(2))
            .select_only()
            .column(delivery::Column::EventId)
            .into_tuple()
            .all(db)
            .await?;
        assert_eq!(again, [of[own]], "{contract}");
    }
    ground.app.kernel.db.writer().execute_unprepared("delete from deliveries").await?;
    ground.app.stop_workers().await
}
