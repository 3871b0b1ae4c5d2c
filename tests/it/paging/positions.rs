//! Pages by checkpoints are equal to pages by counting from the start.

use crate::{
    app::{Pairing, TestApp, both},
    contracts::partner::network::operator,
};
use anyhow::{Context, Result};
use entities::{
    customer::{self, Address, CustomerStatus, CustomerType},
    ids::{CustomerId, OrganizationId},
    organization,
};
use platform::paging::{IndexPolicy, Page, Positions};
use proptest::{strategy::Strategy, strategy::ValueTree, test_runner::TestRunner};
use sea_orm::{EntityTrait, IntoActiveModel, PaginatorTrait, QuerySelect};
use std::time::Duration;
use uuid::Uuid;

both!(
    pages_are_those_of_counting_whatever_comes_between,
    rows_that_may_still_be_overtaken_have_no_place,
    what_was_missed_is_found_again,
    organizations_have_places_of_their_own,
);

/// Looks for more places at each page, and takes all rows for settled.
const EAGER: IndexPolicy =
    IndexPolicy { step: 7, settled: Duration::ZERO, again: Duration::ZERO, renewed: Duration::from_hours(1) };

const PAST: u64 = 1_700_000_000_000;

/// An id of the past, the `nth` of all.
fn id(nth: u64) -> CustomerId {
    let time = u128::from(PAST + nth * 1000) << 80;
    CustomerId(Uuid::from_u128(time | (0x7 << 76) | (0x8 << 60) | u128::from(nth)))
}

fn row(organization: OrganizationId, id: CustomerId, now: chrono::DateTime<chrono::Utc>) -> customer::Model {
    let text = String::new;
    let zip = "92025".into();
    let (street1, city, state, country) = (text(), text(), text(), text());
    customer::Model {
        id,
        organization_id: organization,
        email: id.to_string(),
        email_key: id.to_string(),
        first_name: text(),
        last_name: text(),
        phone: None,
        kind: CustomerType::Individual,
        company_name: None,
        status: CustomerStatus::Active,
        service_address: Address { street1, street2: None, city, state, zip, country },
        billing_address: None,
        metadata: None,
        created_at: now,
        updated_at: now,
    }
}

struct Ground {
    app: TestApp,
    organization: OrganizationId,
    positions: Positions,
}

impl Ground {
    async fn new(pairing: Pairing, pace: IndexPolicy) -> Result<Self> {
        let app = TestApp::new(pairing, |_| {}).await?;
        app.key("acme").await?;
        let organization = operator(&app).await?.actor.organization;
        Ok(Self { app, organization, positions: Positions::new(pace) })
    }

    async fn add(&self, ids: impl Iterator<Item = CustomerId>) -> Result<()> {
        let now = self.app.clock.now();
        let rows: Vec<_> = ids.map(|id| row(self.organization, id, now).into_active_model()).collect();
        if !rows.is_empty() {
            customer::Entity::insert_many(rows).exec_without_returning(self.app.kernel.db.writer()).await?;
        }
        Ok(())
    }

    async fn page(&self, page: u64, limit: u64) -> Result<Page<customer::Model>> {
        let db = self.app.kernel.db.reader();
        Ok(self.positions.page::<customer::Entity>(db, self.organization, page, limit).await?)
    }

    /// Whether a page is the one that counting gives.
    async fn agrees(&self, page: u64, limit: u64) -> Result<()> {
        let (db, all) = (self.app.kernel.db.reader(), customer::Entity::of(self.organization));
        let total = all.clone().count(db).await?;
        let items = all.offset((page - 1) * limit).limit(limit).all(db).await?;
        let found = self.page(page, limit).await?;
        assert_eq!((found.total, found.items), (total, items), "page {page} of {limit} of {total}");
        Ok(())
    }
}

async fn pages_are_those_of_counting_whatever_comes_between(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing, EAGER).await?;
    let steps = proptest::collection::vec((0u64..40, 1u64..12, 1u64..30), 25);
    let steps = steps.new_tree(&mut TestRunner::deterministic()).map_err(anyhow::Error::msg)?.current();
    let mut made = 0;
    for (more, limit, page) in steps {
        ground.add((made..made + more).map(id)).await?;
        made += more;
        for page in [1, page, made / limit, made / limit + 1, made / limit + 2] {
            ground.agrees(page.max(1), limit).await?;
        }
    }
    assert!(made > 300, "{made}");
    ground.app.drain().await
}

/// With the pace of the product: what came in the last minutes is counted, and older rows may come.
async fn rows_that_may_still_be_overtaken_have_no_place(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing, IndexPolicy { settled: Duration::from_mins(10), ..EAGER }).await?;
    ground.add((0..50).map(id)).await?;
    let late: Vec<_> = (0..30).map(|_| CustomerId::new()).collect();
    let (early, after): (Vec<_>, Vec<_>) = late.into_iter().enumerate().partition(|(nth, _)| nth % 2 == 1);
    for ids in [after, early] {
        ground.add(ids.into_iter().map(|(_, id)| id)).await?;
        for page in 1..20 {
            ground.agrees(page, 5).await?;
        }
    }
    ground.app.drain().await
}

/// A row that was held up for longer than anything should be: its place is wrong until all are made anew.
async fn what_was_missed_is_found_again(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing, IndexPolicy { renewed: Duration::ZERO, ..EAGER }).await?;
    ground.add((10..50).map(id)).await?;
    ground.agrees(3, 10).await?;
    ground.add((0..5).map(id)).await?;
    ground.page(1, 10).await?;
    ground.agrees(3, 10).await?;
    ground.agrees(5, 10).await?;
    ground.app.drain().await
}

async fn organizations_have_places_of_their_own(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing, EAGER).await?;
    ground.add((0..40).map(id)).await?;
    ground.agrees(4, 10).await?;
    ground.app.key("other").await?;
    let db = ground.app.kernel.db.reader();
    let other = organization::Entity::named("other").one(db).await?.context("other")?.id;
    let page = ground.positions.page::<customer::Entity>(db, other, 1, 10).await?;
    assert_eq!((page.total, page.items.len()), (0, 0));
    ground.app.drain().await
}
