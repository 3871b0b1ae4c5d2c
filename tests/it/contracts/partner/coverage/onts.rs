//! ONTs: assigned exactly once and released; and which OLT serves an address.

use super::{super::network::operator, imported};
use crate::app::{Pairing, TestApp, both};
use anyhow::{Context, Result};
use entities::{
    customer::Address,
    ids::OltId,
    olt,
    ont::{self, OntStatus},
};
use futures::future::try_join_all;
use isp::coverage::{give_ont_back, serving, take_ont};
use kernel::{UnitOfWork, events::Actor};
use std::{collections::BTreeSet, fmt::Write};
use uuid::Uuid;

both!(
    of_64_that_take_at_once_40_get_one_each,
    who_takes_twice_has_one,
    who_waits_gets_what_is_taken_back,
    another_organization_gets_none,
    an_address_has_what_serves_it,
);

/// An OLT with so many ONTs.
async fn ground(pairing: Pairing, onts: usize) -> Result<(TestApp, OltId)> {
    let (app, _) = TestApp::serving(pairing).await?;
    let mut file =
        "kind,id,name,region,olt,serial,lat,lng,radius_miles\nolt,o,O,Harbor,,,33,-117,5\n".to_owned();
    for number in 0..onts {
        writeln!(file, "ont,b{number},,,o,s{number},,,")?;
    }
    imported(&app, &file).await??;
    let work = operator(&app).await?;
    let olt = olt::Entity::of(work.actor.organization).one(app.kernel.db.reader()).await?;
    Ok((app, olt.context("an OLT")?.id))
}

async fn taken(app: &TestApp, olt: OltId, owner: Uuid) -> Result<Option<ont::Model>> {
    let work = operator(app).await?;
    let taken = take_ont(&work, olt, owner).await?;
    work.commit().await?;
    Ok(taken)
}

async fn of_64_that_take_at_once_40_get_one_each(pairing: Pairing) -> Result<()> {
    let (app, olt) = ground(pairing, 40).await?;
    let given = try_join_all((0..64).map(|_| taken(&app, olt, Uuid::now_v7()))).await?;
    let different: BTreeSet<_> = given.iter().flatten().map(|ont| &ont.code).collect();
    assert_eq!((different.len(), given.iter().filter(|ont| ont.is_none()).count()), (40, 24));
    assert_eq!(app.events_of("ont.assigned").await?.len(), 40);
    app.drain().await
}

async fn who_takes_twice_has_one(pairing: Pairing) -> Result<()> {
    let (app, olt) = ground(pairing, 1).await?;
    let owner = Uuid::now_v7();
    let first = taken(&app, olt, owner).await?.context("one")?;
    assert_eq!((first.status, first.owner_id), (OntStatus::Assigned, Some(owner)));
    assert_eq!(taken(&app, olt, owner).await?.context("the same")?.id, first.id);
    assert_eq!(taken(&app, olt, Uuid::now_v7()).await?, None);
    for _ in 0..2 {
        let work = operator(&app).await?;
        give_ont_back(&work, owner).await?;
        work.commit().await?;
    }
    let told = app.events_of("ont.released").await?;
    assert_eq!(told.len(), 1, "once");
    assert_eq!(app.events_of("ont.assigned").await?.len(), 1);
    assert_eq!(taken(&app, olt, Uuid::now_v7()).await?.context("it again")?.id, first.id);
    app.drain().await
}

/// Who finds nothing but what somebody else is taking waits for how that ends.
async fn who_waits_gets_what_is_taken_back(pairing: Pairing) -> Result<()> {
    let (app, olt) = ground(pairing, 1).await?;
    let hesitant = operator(&app).await?;
    assert!(take_ont(&hesitant, olt, Uuid::now_v7()).await?.is_some());
    let waiting = taken(&app, olt, Uuid::now_v7());
    let given = async {
        tokio::task::yield_now().await;
        hesitant.rollback().await
    };
    let (waiting, given) = tokio::join!(waiting, given);
    given?;
    assert!(waiting?.is_some());
    app.drain().await
}

async fn another_organization_gets_none(pairing: Pairing) -> Result<()> {
    let (app, olt) = ground(pairing, 1).await?;
    let (other, _) = app.key_of("partner", "other").await?;
    let stranger = UnitOfWork::new(app.kernel.clone(), Actor::system(other.organization_id));
    assert_eq!(take_ont(&stranger, olt, Uuid::now_v7()).await?, None);
    stranger.commit().await?;
    let owner = Uuid::now_v7();
    taken(&app, olt, owner).await?.context("one")?;
    give_ont_back(&stranger, owner).await?;
    stranger.commit().await?;
    assert_eq!(taken(&app, olt, Uuid::now_v7()).await?, None, "it is not a stranger's to give back");
    app.drain().await
}

async fn an_address_has_what_serves_it(pairing: Pairing) -> Result<()> {
    let (app, olt) = ground(pairing, 0).await?;
    let file = "kind,name,olt,city,state,zip,region,status\narea,A,o,Escondido,CA,92025,,\narea,B,o,Vista,CA,,West,planned";
    imported(&app, file).await??;
    let work = operator(&app).await?;
    let serving = async |city: &str, zip: &str| {
        let (city, zip) = (city.to_owned(), zip.to_owned());
        let (street1, state, country) = ("1 A St".to_owned(), "ca".to_owned(), "US".to_owned());
        let address = Address { street1, street2: None, city, state, zip, country };
        serving(app.kernel.db.reader(), work.actor.organization, &address).await
    };
    let served = serving("ESCONDIDO", "92025-0001").await?.context("served")?;
    assert_eq!((served.olt, served.region.as_str()), (olt, "Harbor"), "the region of the OLT");
    assert_eq!(serving("Escondido", "92026").await?, None);
    assert_eq!(serving("Vista", "92083").await?, None, "it is planned");
    imported(&app, "kind,name,olt,city,state,region\narea,B,o,Vista,CA,West").await??;
    assert_eq!(serving("Vista", "92083").await?.context("served")?.region, "West");
    imported(&app, "kind,id,name,region,lat,lng,radius_miles,status\nolt,o,O,Harbor,33,-117,5,retired")
        .await??;
    assert_eq!(serving("Vista", "92083").await?, None, "its OLT is retired");
    app.drain().await
}
