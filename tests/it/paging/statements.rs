//! A list costs two statements, however many rows it shows.

use crate::{
    api::{DOCUMENTS, Document, Operation},
    app::{Caller, Pairing, Receiver, TestApp, allow_loopback, both},
    contracts::partner::{
        customer,
        network::{fault, operator},
    },
};
use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use entities::{
    delivery::{self, DeliveryState},
    event,
    ids::{DeliveryId, EndpointId, EventId},
};
use kernel::{
    Work,
    domain::{network::outages, tickets},
    events,
};
use reqwest::Method;
use sea_orm::{EntityTrait, IntoActiveModel};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

both!(a_list_costs_two_statements_however_long_it_is);

/// Rows on a page: few, and as many as a page may have.
const SIZES: [usize; 2] = [10, 100];

async fn a_list_costs_two_statements_however_long_it_is(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, allow_loopback).await?;
    let made = Arc::new(AtomicUsize::new(0));
    let count = made.clone();
    app.kernel.db.listen(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let caller = app.serve().await?;
    let rows = Rows::begin(&app, &caller).await?;
    let mut costs = vec![];
    for size in SIZES {
        rows.grow(size).await?;
        for list in lists() {
            let path = rows.path(list)?;
            let shown = caller.get(&path).await?.json()["data"].as_array().map_or(0, Vec::len);
            assert_eq!(shown, size, "{path}");
            costs.push((list, cost(&caller, &path, &made).await?));
        }
    }
    let (few, many) = costs.split_at(costs.len() / 2);
    assert_eq!(few, many, "statements of {SIZES:?} rows");
    assert!(many.iter().all(|(_, cost)| *cost <= 2), "{many:?}");
    // Nobody is to be told of all this.
    caller.delete(&format!("/api/v1/webhooks/{}", rows.hook)).await?;
    app.work();
    app.drain().await
}

/// The lists of the partner contract: what is read in pages.
fn lists() -> impl Iterator<Item = &'static str> {
    let partner = DOCUMENTS.iter().filter(|document| document.contract == "partner");
    let read = partner.flat_map(Document::operations).filter(|it| it.method == Method::GET);
    let paged = |operation: &Operation| {
        let answer = &operation.spec["responses"]["200"]["content"]["application/json"]["schema"];
        let schema = operation.document.follow(answer);
        schema["properties"]["pagination"].is_object()
    };
    read.filter(paged).map(|operation| operation.path)
}

/// The statements of a request. What the platform does beside it only adds to these: the least of some tries.
async fn cost(caller: &Caller, path: &str, made: &AtomicUsize) -> Result<usize> {
    let mut least = usize::MAX;
    for _ in 0..5 {
        let before = made.load(Ordering::Relaxed);
        caller.get(path).await?;
        least = least.min(made.load(Ordering::Relaxed) - before);
    }
    Ok(least)
}

/// Something to show in every list.
struct Rows {
    work: Work,
    caller: Caller,
    customer: String,
    ticket: String,
    hook: String,
}

impl Rows {
    async fn begin(app: &TestApp, caller: &Caller) -> Result<Self> {
        let id = |answer: crate::app::Answer| -> Result<String> {
            Ok(answer.json()["data"]["id"].as_str().context("an id")?.to_owned())
        };
        let customer = id(caller.post("/api/v1/customers", &customer("0@example.com")).await?)?;
        let ticket = json!({
            "customerId": customer, "subject": "s", "description": "d", "category": "GENERAL", "priority": "LOW",
        });
        let ticket = id(caller.post("/api/v1/tickets", &ticket).await?)?;
        let hook = caller.hook(&Receiver::start().await?, json!({})).await?.id;
        Ok(Self { work: operator(app).await?, caller: caller.clone(), customer, ticket, hook })
    }

    /// The list of that path, with as many rows as it may show.
    fn path(&self, list: &str) -> Result<String> {
        let id = match list.split("/{").next() {
            Some("/api/v1/tickets") => &self.ticket,
            Some("/api/v1/webhooks") => &self.hook,
            Some("/api/v1/customers") => &self.customer,
            _ if list.contains('{') => bail!("what is {list} of?"),
            _ => "",
        };
        Ok(format!("{}?limit=100", list.replace("{id}", id)))
    }

    /// So many rows in each list.
    async fn grow(&self, size: usize) -> Result<()> {
        for list in lists() {
            let path = self.path(list)?;
            let there = self.caller.get(&path).await?.json()["data"].as_array().map_or(0, Vec::len);
            for number in there..size {
                self.add(list, number).await?;
            }
        }
        Ok(())
    }

    /// One more row; a list that is not here yet needs a line.
    async fn add(&self, list: &str, number: usize) -> Result<()> {
        let (ticket, work) = (self.ticket.parse()?, &self.work);
        match list {
            "/api/v1/customers" => {
                let new = customer(&format!("{number}@example.com"));
                self.caller.post("/api/v1/customers", &new).await?;
            }
            "/api/v1/tickets" => drop(tickets::create(work, self.new_ticket()?).await?),
            "/api/v1/tickets/{id}/comments" => {
                let new = tickets::NewComment { content: "c".into(), internal: false };
                tickets::comment(work, ticket, new).await?;
            }
            "/api/v1/network/outages" => drop(outages::open(work, fault("Downtown", &["92025"])).await?),
            "/api/v1/webhooks/{id}/deliveries" => self.attempt(i64::try_from(number)? + 1).await?,
            other => bail!("no rows are made for {other}"),
        }
        Ok(work.commit().await?)
    }

    fn new_ticket(&self) -> Result<tickets::NewTicket> {
        Ok(tickets::NewTicket {
            customer: self.customer.parse()?,
            subject: "s".into(),
            description: "d".into(),
            category: entities::ticket::TicketCategory::General,
            priority: entities::ticket::TicketPriority::Low,
            metadata: None,
        })
    }

    /// An event, and an attempt to deliver it.
    async fn attempt(&self, sequence: i64) -> Result<()> {
        let (endpoint, now) = (self.hook.parse()?, self.work.now());
        let about = ("ticket", uuid::Uuid::now_v7());
        let event = events::event(&self.work.actor, "ticket.created", about, json!({}), now);
        let attempt = attempt(endpoint, event.id, sequence, now);
        let transaction = self.work.transaction().await?;
        event::Entity::insert(event.into_active_model()).exec_without_returning(&*transaction).await?;
        delivery::Entity::insert(attempt.into_active_model()).exec_without_returning(&*transaction).await?;
        Ok(())
    }
}

fn attempt(endpoint_id: EndpointId, event_id: EventId, sequence: i64, now: DateTime<Utc>) -> delivery::Model {
    delivery::Model {
        id: DeliveryId::new(),
        endpoint_id,
        event_id,
        sequence,
        attempt: 1,
        retry: 0,
        priority: 2,
        state: DeliveryState::Success,
        due_at: now,
        created_at: now,
        sent_at: Some(now),
        took_ms: Some(1),
        http_status: Some(200),
        error_class: None,
        error: None,
        response: None,
        headers: None,
    }
}
