//! What is sent of each type of event, as it was recorded: receivers were written for these bytes.
//!
//! Ids are numbered in the order in which they appear in a body. `RECORD=1` writes the file anew; what then differs is a change
//! of what receivers get.

use crate::lifecycle;
use crate::{
    customers::{self, NewCustomer},
    sandbox::seed,
    subscriptions::SuspendRequest,
    vendors::{self, Simulated},
};
use entities::{
    customer::{Address, CustomerType, Metadata},
    event,
    ids::{self, OrganizationId},
    subscription::{self, SubscriptionStatus},
    vendor_request::RequestType,
};
use kernel::{Kernel, UnitOfWork, contracts, enqueuer::Outbox, events::Actor, organizations};
use platform::{Clock, FieldUpdate, error::Result};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write,
};
use uuid::Uuid;
use webhooks::wire::{Event, format_of};

/// What receivers can ask for: partners of their contract's types, vendors of nothing else than what they are notified
/// of.
static RECEIVED: [(&str, &contracts::ContractInfo); 14] = [
    ("customer.created", &contracts::partner::CONTRACT),
    ("customer.updated", &contracts::partner::CONTRACT),
    ("subscription.created", &contracts::partner::CONTRACT),
    ("subscription.updated", &contracts::partner::CONTRACT),
    ("subscription.cancelled", &contracts::partner::CONTRACT),
    ("provisioning.started", &contracts::partner::CONTRACT),
    ("provisioning.completed", &contracts::partner::CONTRACT),
    ("provisioning.failed", &contracts::partner::CONTRACT),
    ("ticket.created", &contracts::partner::CONTRACT),
    ("ticket.updated", &contracts::partner::CONTRACT),
    ("ticket.resolved", &contracts::partner::CONTRACT),
    ("outage.detected", &contracts::partner::CONTRACT),
    ("outage.resolved", &contracts::partner::CONTRACT),
    ("provision_attempt.created", &contracts::vendor::CONTRACT),
];

const RECORDED: &str = include_str!("recorded.txt");

async fn kernel() -> Result<Kernel> {
    let settings = crate::testing::settings();
    let kernel =
        Kernel::open(settings, Clock::standing("2026-11-20T08:00:00Z".parse().unwrap()), &Outbox).await?;
    kernel.db.migrate().await?;
    Ok(kernel)
}

/// A bit of everything, and what a seeding does not do.
async fn happen(kernel: &Kernel) -> Result<()> {
    seed(kernel, "sandbox").await?;
    let mut work = UnitOfWork::new(kernel.clone(), Actor::platform());
    let organization = organizations::ensure(&work, "sandbox").await?.id;
    work.actor = Actor { sandbox: true, ..Actor::system(organization) };
    change_subscriptions(&work, organization).await?;
    change_customers(&work).await?;
    order(&work).await?;
    work.commit().await
}

async fn change_subscriptions(work: &UnitOfWork, organization: OrganizationId) -> Result<()> {
    let all = subscription::Entity::of(organization).all(&work.transaction().await?).await?;
    for row in all.iter().filter(|row| row.status == SubscriptionStatus::Suspended) {
        lifecycle::resume(work, row.id, SuspendRequest { reason: Some("Back".into()), resume_at: None })
            .await?;
    }
    // One that something is planned for: that is dropped.
    for row in all.iter().filter(|row| row.status == SubscriptionStatus::Active) {
        lifecycle::end(work, row.id, work.now()).await?;
    }
    Ok(())
}

async fn change_customers(work: &UnitOfWork) -> Result<()> {
    let new = NewCustomer {
        email: "kept@example.com".into(),
        first_name: "Ann".into(),
        last_name: "Doe".into(),
        phone: None,
        kind: CustomerType::Business,
        company_name: Some("Acme".into()),
        service_address: Address {
            street1: "1 Main Street".into(),
            street2: None,
            city: "Escondido".into(),
            state: "CA".into(),
            zip: "92025".into(),
            country: "US".into(),
        },
        billing_address: None,
        metadata: Some(Metadata([("my_key".to_owned(), "1".to_owned())].into())),
    };
    let id = customers::create(work, new).await?.id;
    let changes =
        customers::Changes { phone: FieldUpdate::Set("+1 760 555 0100".into()), ..Default::default() };
    customers::update(work, id, changes).await.map(drop)
}

async fn order(work: &UnitOfWork) -> Result<()> {
    let [_, twin] = vendors::provisioners::create(work, "fibre", true).await?;
    vendors::provisioner_webhooks::register(work, twin.id, "https://hooks.example.com/orders".into(), None)
        .await?;
    for kind in [RequestType::NetNew, RequestType::Update, RequestType::ChangeProduct] {
        let made = vendors::simulate(work, Simulated { kind: Some(kind), ..Simulated::default() }).await?;
        vendors::deliver(work, made.attempt.record.id).await?;
    }
    Ok(())
}

/// The first event of each type that has something in the same fields, in their order.
async fn told(kernel: &Kernel) -> Result<Vec<event::Model>> {
    let all = event::Entity::find().order_by_asc(event::Column::Id).all(kernel.db.writer()).await?;
    let mut seen = BTreeSet::new();
    let mut first = vec![];
    for event in all {
        let Some(contract) = receiving(&event) else { continue };
        let sent: Value = serde_json::from_slice(&format_of(contract)?.body(&Event::from(&event))?)?;
        let fields = sent["data"].as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        let names: Vec<_> = fields.map(|(name, _)| name.clone()).collect();
        if event.resource == "provision_attempt" || seen.insert((event.kind.clone(), names)) {
            first.push(event);
        }
    }
    Ok(first)
}

fn receiving(event: &event::Model) -> Option<&'static contracts::ContractInfo> {
    RECEIVED.iter().find(|(kind, _)| *kind == event.kind).map(|(_, contract)| *contract)
}

/// The body that each contract sends which receives the event, a line each.
fn bodies(events: &[event::Model]) -> String {
    let mut text = String::new();
    for event in events {
        let Some(contract) = receiving(event) else { continue };
        let body = format_of(contract).unwrap().body(&Event::from(event)).unwrap();
        let body = numbered(std::str::from_utf8(&body).unwrap());
        writeln!(text, "{} {} {body}", contract.name, event.kind).unwrap();
    }
    text
}

/// The text with each id as its number, after its prefix.
fn numbered(text: &str) -> String {
    let mut known = HashMap::<Uuid, usize>::new();
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    let mut numbered = String::new();
    for piece in text.split_inclusive(|letter| !is_part(letter)) {
        let end = piece.trim_end_matches(|letter| !is_part(letter)).len();
        let (token, rest) = piece.split_at(end);
        match ids::uuid(token).or_else(|| ids::any(token)) {
            Some(id) => {
                let (next, prefix) =
                    (known.len() + 1, token.rsplit_once('_').map_or("", |(prefix, _)| prefix));
                write!(numbered, "{prefix}#{}{rest}", known.entry(id).or_insert(next)).unwrap();
            }
            None => numbered.push_str(piece),
        }
    }
    numbered
}

#[tokio::test]
async fn what_receivers_get_is_what_they_were_written_for() {
    let kernel = kernel().await.unwrap();
    happen(&kernel).await.unwrap();
    let sent = bodies(&told(&kernel).await.unwrap());
    if std::env::var_os("RECORD").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/contracts/tests/recorded.txt");
        std::fs::write(file, &sent).unwrap();
        return;
    }
    for (sent, recorded) in sent.lines().zip(RECORDED.lines()) {
        assert_eq!(sent, recorded);
    }
    assert_eq!(sent.lines().count(), RECORDED.lines().count());
}
