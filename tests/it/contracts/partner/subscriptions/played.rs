//! What is ordered with a sandbox credential only plays, whatever its plan says and whoever changes it later.

use super::Ground;
use crate::{
    app::{Pairing, both},
    contracts::partner::network::operator,
};
use anyhow::Result;
use entities::{
    plan::{Provisioner, Tier},
    subscription,
};
use kernel::{
    auth::keys::NewKey,
    domain::plans::{self, Changes},
};
use sea_orm::EntityTrait;
use serde_json::json;

both!(what_a_sandbox_key_orders_is_the_simulators);

async fn what_a_sandbox_key_orders_is_the_simulators(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let work = operator(&ground.app).await?;
    for tier in [Tier::Residential100, Tier::Residential500] {
        let real = Changes { provisioner: Some(Provisioner::Radius), ..Changes::default() };
        plans::set(&work, tier, real).await?;
    }
    work.commit().await?;
    let played = NewKey { sandbox: true, ..NewKey::plain("acme", "partner", "play") };
    let play = ground.caller.with_key(Some(&ground.app.key_with(played).await?.secret));
    let live = std::mem::replace(&mut ground.caller, play);
    let path = ground.active("RESIDENTIAL_100").await?;
    assert_eq!(provisioners(&ground).await?, [Provisioner::Simulator]);
    // The credential of the change does not count.
    ground.caller = live;
    ground.done(&path, "upgrade", json!({ "newTier": "RESIDENTIAL_500" })).await?;
    assert_eq!(provisioners(&ground).await?, [Provisioner::Simulator]);
    ground.active("RESIDENTIAL_100").await?;
    let all = provisioners(&ground).await?;
    assert_eq!(all, [Provisioner::Simulator, Provisioner::Radius]);
    Ok(())
}

/// Of all subscriptions, the oldest first.
async fn provisioners(ground: &Ground) -> Result<Vec<Provisioner>> {
    let mut all = subscription::Entity::find().all(ground.app.kernel.db.reader()).await?;
    all.sort_by_key(|row| row.id.0);
    Ok(all.into_iter().map(|row| row.provisioner).collect())
}
