//! Addresses: allocated exactly once, released, shown.

use super::customer;
use crate::app::{Caller, Pairing, TestApp, both};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use entities::{
    ids::{CustomerId, IpPoolId, OrganizationId},
    ip_allocation,
    ip_pool::{self, Family},
    organization,
};
use futures::future::try_join_all;
use isp::addresses::{self, AllocationRequest, Block};
use kernel::{UnitOfWork, events::Actor};
use reqwest::StatusCode;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

both!(
    of_64_that_ask_at_once_each_gets_another_one,
    an_exhausted_pool_says_so_and_the_next_one_serves,
    who_asks_twice_has_one_address,
    what_is_taken_back_is_free_again,
    pools_that_share_addresses_are_refused,
    a_pool_that_is_held_back_gives_nothing_out,
    addresses_and_pools_are_shown,
    a_day_has_one_snapshot,
    strangers_see_nothing,
);

const REGION: &str = "Escondido";

/// A platform with an organization, a customer of it, and a pool for each of the networks.
struct Ground {
    app: TestApp,
    caller: Caller,
    organization: OrganizationId,
    customer: CustomerId,
}

impl Ground {
    async fn new(pairing: Pairing, networks: &[&str]) -> Result<Self> {
        let (app, caller) = TestApp::serving(pairing).await?;
        let made = caller.post("/api/v1/customers", &customer("john@example.com")).await?.json();
        let customer = made["data"]["id"].as_str().context("an id")?.parse()?;
        let acme = organization::Entity::named("acme").one(app.kernel.db.reader()).await?.context("acme")?;
        let ground = Self { app, caller, organization: acme.id, customer };
        for network in networks {
            ground.add(network, network).await?;
        }
        Ok(ground)
    }

    fn work(&self) -> UnitOfWork {
        UnitOfWork::new(self.app.kernel.clone(), Actor::system(self.organization))
    }

    async fn add(&self, name: &str, network: &str) -> platform::Result<ip_pool::Model> {
        let (work, block) = (self.work(), Block::new(network, None).expect("a good network"));
        let pool = addresses::add(&work, name, REGION, network, block).await?;
        work.commit().await?;
        Ok(pool)
    }

    async fn reserve(&self, owner: Uuid, family: Family) -> Result<Option<ip_allocation::Model>> {
        let (work, customer) = (self.work(), self.customer);
        let wanted = AllocationRequest { owner, customer, family, region: REGION };
        let reserved = addresses::reserve(&work, wanted).await?;
        work.commit().await?;
        Ok(reserved)
    }

    async fn reserve_v4(&self) -> Result<Option<String>> {
        Ok(self.reserve(Uuid::now_v7(), Family::V4).await?.map(|it| it.address))
    }

    async fn release(&self, owner: Uuid) -> Result<()> {
        let work = self.work();
        addresses::release(&work, owner).await?;
        Ok(work.commit().await?)
    }

    async fn pools(&self) -> Result<Value> {
        Ok(self.caller.get("/api/v1/ip-pools").await?.json()["data"].take())
    }

    async fn ips(&self) -> Result<Value> {
        let path = format!("/api/v1/customers/{}/ips", self.customer);
        Ok(self.caller.get(&path).await?.json()["data"].take())
    }
}

/// 61 addresses, of which the last ones are asked for by more than there are: nobody shares one, nobody who could
/// have one goes without, and what is left over is told.
async fn of_64_that_ask_at_once_each_gets_another_one(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing, &["192.0.2.0/26"]).await?;
    let given = try_join_all((0..64).map(|_| ground.reserve_v4())).await?;
    let different: BTreeSet<_> = given.iter().flatten().collect();
    assert_eq!((different.len(), given.iter().flatten().count()), (61, 61));
    let pool = &ground.pools().await?[0];
    assert_eq!((&pool["availableAddresses"], &pool["status"]), (&json!(0), &json!("EXHAUSTED")));
    ground.app.drain().await
}

async fn an_exhausted_pool_says_so_and_the_next_one_serves(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing, &["198.51.100.4/31", "198.51.100.8/32"]).await?;
    let mut given = vec![];
    for _ in 0..4 {
        given.push(ground.reserve_v4().await?);
    }
    let expected = ["198.51.100.4", "198.51.100.5", "198.51.100.8"].map(|it| Some(it.to_owned()));
    assert_eq!(given[..3], expected);
    assert_eq!(given[3], None);
    let pools = ground.pools().await?;
    assert!(pools.as_array().unwrap().iter().all(|pool| pool["status"] == "EXHAUSTED"), "{pools}");
    let told = ground.app.events_of("ip_pool.exhausted").await?;
    assert_eq!(told.len(), 2, "each once");
    assert_eq!(ground.reserve(Uuid::now_v7(), Family::V6).await?, None, "there is no such pool");
    ground.app.drain().await
}

async fn who_asks_twice_has_one_address(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing, &["192.0.2.0/24", "2001:db8::/48"]).await?;
    let owner = Uuid::now_v7();
    let first = ground.reserve(owner, Family::V4).await?.context("one")?;
    assert_eq!(ground.reserve(owner, Family::V4).await?, Some(first.clone()));
    let network = ground.reserve(owner, Family::V6).await?.context("a network")?;
    assert_eq!((first.address.as_str(), first.gateway.as_deref()), ("192.0.2.2", Some("192.0.2.1")));
    assert_eq!((network.address.as_str(), network.subnet.as_str()), ("2001:db8::", "/64"));
    for _ in 0..2 {
        let work = ground.work();
        addresses::activate(&work, owner).await?;
        work.commit().await?;
    }
    assert_eq!(ground.app.events_of("ip.allocated").await?.len(), 2, "each once");
    ground.app.drain().await
}

async fn what_is_taken_back_is_free_again(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing, &["198.51.100.8/32"]).await?;
    let owner = Uuid::now_v7();
    let first = ground.reserve(owner, Family::V4).await?.context("one")?;
    assert_eq!(ground.reserve_v4().await?, None);
    for _ in 0..2 {
        ground.release(owner).await?;
    }
    assert_eq!(ground.pools().await?[0]["status"], "ACTIVE");
    assert_eq!(ground.app.events_of("ip.released").await?.len(), 1);
    assert_eq!(ground.reserve_v4().await?, Some(first.address));
    let kept = ip_allocation::Entity::find().count(ground.app.kernel.db.reader()).await?;
    assert_eq!(kept, 2, "who had it is still known");
    ground.app.drain().await
}

async fn pools_that_share_addresses_are_refused(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing, &["192.0.2.0/24", "2001:db8::/48"]).await?;
    for (name, network, reason) in [
        ("192.0.2.0/24", "198.51.100.0/24", "already"),
        ("within", "192.0.2.128/25", "overlaps with 192.0.2.0/24"),
        ("around", "2001:db8::/32", "overlaps with 2001:db8::/48"),
    ] {
        let refused = ground.add(name, network).await.unwrap_err();
        assert!(format!("{refused:?}").contains(reason), "{refused:?}");
    }
    ground.add("beside", "192.0.3.0/24").await?;
    ground.app.drain().await
}

async fn a_pool_that_is_held_back_gives_nothing_out(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing, &["192.0.2.0/24"]).await?;
    for (reserved, given) in [(true, None), (false, Some("192.0.2.2".to_owned()))] {
        let work = ground.work();
        addresses::set_reserved(&work, "192.0.2.0/24", reserved).await?;
        work.commit().await?;
        assert_eq!(ground.reserve_v4().await?, given);
    }
    ground.app.drain().await
}

async fn addresses_and_pools_are_shown(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing, &["10.0.0.0/22", "2001:db8::/60"]).await?;
    let (owner, gone) = (Uuid::now_v7(), Uuid::now_v7());
    ground.reserve(gone, Family::V4).await?;
    ground.release(gone).await?;
    ground.reserve(owner, Family::V4).await?;
    let work = ground.work();
    addresses::activate(&work, owner).await?;
    work.commit().await?;
    ground.reserve(owner, Family::V6).await?;
    let ips = ground.ips().await?;
    assert_eq!(ips["summary"], json!({ "totalIPv4": 1, "totalIPv6": 1, "activeAllocations": 1 }));
    let states: Vec<_> = ips["allocations"].as_array().unwrap().iter().map(|it| &it["status"]).collect();
    assert_eq!(states, ["PENDING", "ACTIVE", "RELEASED"], "the newest first");
    let pool = &ground.pools().await?[0];
    assert_eq!(
        [&pool["type"], &pool["cidr"], &pool["region"], &pool["totalAddresses"], &pool["availableAddresses"]],
        [&json!("IPv4"), &json!("10.0.0.0/22"), &json!(REGION), &json!(1021), &json!(1020)]
    );
    assert_eq!(pool["utilizationPercent"], json!(0.1));
    ground.app.drain().await
}

async fn a_day_has_one_snapshot(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing, &["198.51.100.4/30"]).await?;
    ground.reserve_v4().await?;
    let (db, now) = (ground.app.kernel.db.writer(), ground.app.clock.now() + TimeDelta::days(1));
    assert_eq!(addresses::snapshot(db, now).await?, 1);
    assert_eq!(addresses::snapshot(db, now).await?, 0, "the day has one");
    let pool = ground.pools().await?[0]["id"].as_str().context("an id")?.to_owned();
    let shown = ground.caller.get(&format!("/api/v1/ip-pools/{pool}/utilization")).await?.json();
    let days = shown["data"]["history"].as_array().context("a history")?;
    let last = days.last().context("a day")?;
    assert_eq!(
        (&last["utilizationPercent"], &shown["data"]["availableAddresses"]),
        (&json!(100.0), &json!(0))
    );
    let midnight = now.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
    assert_eq!(last["date"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>()?, midnight);
    ground.app.drain().await
}

async fn strangers_see_nothing(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing, &["192.0.2.0/24"]).await?;
    let stranger = ground.caller.with_key(Some(&ground.app.key("other").await?));
    assert_eq!(stranger.get("/api/v1/ip-pools").await?.json()["data"], json!([]));
    let pool = ground.pools().await?[0]["id"].as_str().context("an id")?.to_owned();
    let none = [pool.as_str(), &IpPoolId::new().to_string(), "x"];
    for id in none {
        let answer = stranger.get(&format!("/api/v1/ip-pools/{id}/utilization")).await?;
        answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    for id in [ground.customer.to_string(), CustomerId::new().to_string(), "x".into()] {
        let answer = stranger.get(&format!("/api/v1/customers/{id}/ips")).await?;
        answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    ground.app.drain().await
}
