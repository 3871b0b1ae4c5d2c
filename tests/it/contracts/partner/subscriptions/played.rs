//! Orders of a sandbox credential are simulated, regardless of the plan and of later changes with any key.

use super::Ground;
use crate::{
    app::{Caller, Pairing, both},
    contracts::partner::network::operator,
};
use anyhow::Result;
use entities::{
    plan::{Provisioner, standard},
    subscription,
};
use isp::plans::{self, Changes};
use kernel::auth::keys::NewKey;
use reqwest::StatusCode;
use sea_orm::EntityTrait;
use serde_json::json;

both!(what_a_sandbox_key_orders_is_the_simulators, what_a_live_key_has_ordered_is_not_for_play);

async fn what_a_sandbox_key_orders_is_the_simulators(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let work = operator(&ground.app).await?;
    for plan in [standard::RESIDENTIAL_100, standard::RESIDENTIAL_500] {
        let real = Changes { provisioner: Some(Provisioner::Radius), ..Changes::default() };
        plans::set(&work, plan, real).await?;
    }
    work.commit().await?;
    let play = play(&ground).await?;
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

async fn what_a_live_key_has_ordered_is_not_for_play(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let path = ground.active("RESIDENTIAL_100").await?;
    let subscription = path.rsplit('/').next().unwrap();
    let before = ground.get(&path).await?;
    ground.caller = play(&ground).await?;
    for (operation, body) in [
        ("upgrade", json!({ "newTier": "RESIDENTIAL_500" })),
        ("downgrade", json!({ "newTier": "RESIDENTIAL_100" })),
        ("suspend", json!({})),
        ("resume", json!({})),
    ] {
        let answer = ground.caller.post(&format!("{path}/{operation}"), &body).await?;
        answer.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }
    for kind in ["NEW_INSTALL", "DISCONNECT"] {
        let request =
            json!({ "customerId": ground.customer, "subscriptionId": subscription, "requestType": kind });
        let answer = ground.caller.post("/api/v1/provisioning", &request).await?;
        answer.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }
    // It may look.
    assert_eq!(ground.get(&path).await?, before);
    ground.drain().await
}

/// A caller with a sandbox key of the same organization.
async fn play(ground: &Ground) -> Result<Caller> {
    let key = NewKey { sandbox: true, ..NewKey::plain("acme", "partner", "play") };
    Ok(ground.caller.with_key(Some(&ground.app.key_with(key).await?.secret)))
}

/// Of all subscriptions, the oldest first.
async fn provisioners(ground: &Ground) -> Result<Vec<Provisioner>> {
    let mut all = subscription::Entity::find().all(ground.app.kernel.db.reader()).await?;
    all.sort_by_key(|row| row.id.0);
    Ok(all.into_iter().map(|row| row.provisioner).collect())
}
