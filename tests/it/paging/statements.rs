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
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    customer::{Address, CustomerType},
    delivery::{self, DeliveryState},
    ids::{DeliveryId, EndpointId, EventId, InvoiceId},
    invoice::{self, InvoiceStatus, Lines},
    plan::standard,
    provisioning_request::RequestType,
};
use isp::lifecycle;
use isp::{
    customers::{self, NewCustomer},
    network::outages,
    provisioning::{self, NewRequest},
    subscriptions::{NewSubscription, SubscriptionView},
    tickets,
};
use kernel::{UnitOfWork, events};
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
            let path = rows.path(list, size)?;
            let shown = caller.get(&path).await?.json()["data"].as_array().map_or(0, Vec::len);
            assert_eq!(shown, size, "{path}");
            costs.push((list, cost(&caller, &path, &made).await?));
        }
    }
    let (few, many) = costs.split_at(costs.len() / 2);
    assert_eq!(few, many, "statements of {SIZES:?} rows");
    assert!(many.iter().all(|(_, cost)| *cost <= 2), "{many:?}");
    // Without webhooks.
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
    work: UnitOfWork,
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
    fn path(&self, list: &str, size: usize) -> Result<String> {
        let id = match list.split("/{").next() {
            Some("/api/v1/tickets") => &self.ticket,
            Some("/api/v1/webhooks") => &self.hook,
            Some("/api/v1/customers") => &self.customer,
            _ if list.contains('{') => bail!("what is {list} of?"),
            _ => "",
        };
        Ok(format!("{}?limit={size}", list.replace("{id}", id)))
    }

    /// So many rows in each list.
    async fn grow(&self, size: usize) -> Result<()> {
        for list in lists() {
            let path = self.path(list, size)?;
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
            "/api/v1/subscriptions" => drop(self.subscription(number).await?),
            "/api/v1/provisioning" => self.request(number).await?,
            "/api/v1/customers/{id}/invoices" => self.invoice(number).await?,
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

    /// One of another customer each, since nobody may have two of a tier.
    async fn subscription(&self, number: usize) -> Result<SubscriptionView> {
        let address = Address {
            street1: "1 Main Street".into(),
            street2: None,
            city: "Escondido".into(),
            state: "CA".into(),
            zip: "92025".into(),
            country: "US".into(),
        };
        let new = NewCustomer {
            email: format!("{number}.{}@example.com", uuid::Uuid::now_v7()),
            first_name: "John".into(),
            last_name: "Doe".into(),
            phone: None,
            kind: CustomerType::Individual,
            company_name: None,
            service_address: address,
            billing_address: None,
            metadata: None,
        };
        let customer = customers::create(&self.work, new).await?.id;
        let new = NewSubscription {
            customer,
            plan: standard::RESIDENTIAL_500,
            start_date: None,
            already_installed: false,
            promotion_code: None,
            metadata: None,
        };
        Ok(lifecycle::create(&self.work, new).await?)
    }

    async fn request(&self, number: usize) -> Result<()> {
        let subscription = self.subscription(number).await?;
        let new = NewRequest {
            customer: subscription.customer_id,
            subscription: subscription.id,
            kind: RequestType::NewInstall,
            scheduled: Some(self.work.now() + TimeDelta::days(1)),
            notes: None,
            metadata: None,
        };
        provisioning::open(&self.work, new).await?;
        Ok(())
    }

    async fn invoice(&self, number: usize) -> Result<()> {
        let (customer, now) = (self.customer.parse()?, self.work.now());
        let invoice = invoice::Model {
            id: InvoiceId::new(),
            organization_id: self.work.actor.organization,
            customer_id: customer,
            month: format!("{:04}-{:02}", 1990 + number / 12, number % 12 + 1),
            period_start: now,
            period_end: now,
            number: Some(format!("INV-{number}")),
            status: InvoiceStatus::Pending,
            lines: Lines(vec![]),
            subtotal_cents: 0,
            tax_cents: 0,
            total_cents: 0,
            paid_cents: 0,
            tax_rate: "0".into(),
            currency: "USD".into(),
            due_at: now,
            paid_at: None,
            payment_method: None,
            finalised_at: Some(now),
            mailed_at: None,
            mail_answer: None,
            seller: None,
            created_at: now,
            updated_at: now,
        };
        let row = invoice::Entity::insert(invoice.into_active_model());
        row.exec_without_returning(&self.work.transaction().await?).await?;
        Ok(())
    }

    /// An event, and an attempt to deliver it.
    async fn attempt(&self, sequence: i64) -> Result<()> {
        let (endpoint, now) = (self.hook.parse()?, self.work.now());
        let about = ("ticket", uuid::Uuid::now_v7());
        let event = events::event(&self.work.actor, "ticket.created", about, &json!({}), now)?;
        let attempt = attempt(endpoint, event.id, sequence, now);
        let transaction = self.work.transaction().await?;
        events::insert_only(&transaction, &[&event]).await?;
        delivery::Entity::insert(attempt.into_active_model()).exec_without_returning(&transaction).await?;
        Ok(())
    }
}

fn attempt(endpoint_id: EndpointId, event_id: EventId, sequence: i64, now: DateTime<Utc>) -> delivery::Model {
    delivery::Model {
        id: DeliveryId::new(),
        endpoint_id,
        event_id,
        sequence,
        after_sequence: None,
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
