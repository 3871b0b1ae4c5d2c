//! Changes during open sessions.

use super::{
    nas::{CHANGED, DISCONNECTED, NOT_CHANGED, Way},
    network::{BEGUN, BRIEF, Network, PERSISTENT, let_in, shown},
};
use crate::app::{PATIENCE, Pairing, both};
use anyhow::{Context, Result};
use entities::{job, job::JobState, plan::standard};
use harness::until;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

both!(
    an_upgrade_reaches_open_sessions,
    who_is_suspended_is_out_when_their_session_has_ended,
    a_disconnect_is_done_when_the_sessions_have_ended,
    a_nas_that_cannot_be_believed_is_given_up_on,
);

async fn an_upgrade_reaches_open_sessions(pairing: Pairing) -> Result<()> {
    let network = Network::new(pairing, BRIEF, |_| {}).await?;
    let of = network.installed().await?;
    for session in ["s1", "fixed1"] {
        network.account(of, session, "Start", BEGUN)?;
    }
    network.account(of, "s0", "Start", BEGUN)?;
    network.account(of, "s0", "Stop", "")?;
    network.ground.set_plan(of, standard::RESIDENTIAL_1G).await?;
    network.ground.completed(of, "UPGRADE").await?;
    assert_eq!(network.nas.answers(), [DISCONNECTED, CHANGED, NOT_CHANGED], "what cannot change is ended");
    let answer = network.log_in(of, &network.password(of)?)?;
    assert_eq!(shown(&answer, "Filter-Id").as_deref(), Some("1000M-1000M"));
    network.app.drain().await
}

/// The last job that follows a subscription.
async fn sync(network: &Network) -> Result<job::Model> {
    let of_kind = job::Entity::find().filter(job::Column::Kind.eq("network_sync"));
    let last = of_kind.order_by_desc(job::Column::Id).one(network.app.kernel.db.reader()).await?;
    last.context("no job follows")
}

async fn who_is_suspended_is_out_when_their_session_has_ended(pairing: Pairing) -> Result<()> {
    let network = Network::new(pairing, PERSISTENT, |_| {}).await?;
    let of = network.installed().await?;
    let password = network.password(of)?;
    network.account(of, "s1", "Start", BEGUN)?;
    network.done(of, "suspend").await?;
    network.asked_again().await?;
    assert!(network.nas.answers().iter().all(|answer| *answer == DISCONNECTED));
    let sync_job = sync(&network).await?;
    assert!(!sync_job.state.is_final(), "acknowledged, and still alive: {sync_job:?}");
    assert!(!let_in(&network.log_in(of, &password)?));
    network.account(of, "s1", "Stop", "")?;
    assert_eq!(network.app.ended(sync_job.id).await?.state, JobState::Succeeded);
    assert!(!let_in(&network.log_in(of, &password)?));
    network.done(of, "resume").await?;
    let resumed = sync(&network).await?.id;
    assert_eq!(network.app.ended(resumed).await?.state, JobState::Succeeded);
    assert!(let_in(&network.log_in(of, &password)?));
    network.app.drain().await
}

async fn a_disconnect_is_done_when_the_sessions_have_ended(pairing: Pairing) -> Result<()> {
    let network = Network::new(pairing, PERSISTENT, |_| {}).await?;
    let of = network.installed().await?;
    let password = network.password(of)?;
    network.account(of, "s1", "Start", BEGUN)?;
    let path = network.ground.open(of, "DISCONNECT", json!({})).await?;
    network.asked_again().await?;
    let request = network.ground.caller.get(&path).await?.json()["data"].take();
    assert_eq!(request["status"], "IN_PROGRESS", "acknowledged, and still alive: {request}");
    assert!(!network.ground.ips(of).await?.is_empty(), "they are in use");
    assert!(!let_in(&network.log_in(of, &password)?));
    network.account(of, "s1", "Stop", "")?;
    let request = network.ground.ended(&path).await?;
    assert_eq!(request["status"], "COMPLETED", "{request}");
    assert!(network.ground.ips(of).await?.is_empty());
    network.app.drain().await
}

/// It does not answer, or somebody else does, or it is asked by one who does not know its secret.
async fn a_nas_that_cannot_be_believed_is_given_up_on(pairing: Pairing) -> Result<()> {
    let network = Network::new(pairing, BRIEF, |settings| {
        settings.provisioners.radius.timeout = std::time::Duration::from_millis(200);
    })
    .await?;
    let of = network.installed().await?;
    network.account(of, "s1", "Start", BEGUN)?;
    let why = "Failed: the NAS of session s1 does not answer";
    for way in [Way::Silent, Way::Forged] {
        network.nas.go(way);
        network.ground.set_plan(of, standard::RESIDENTIAL_1G).await?;
        let path = network.ground.open(of, "UPGRADE", json!({})).await?;
        // The last of three attempts: what undoes it is heard.
        until("it is turned back", PATIENCE, async || Ok((network.nas.asked() >= 12).then_some(()))).await?;
        network.ground.set_plan(of, standard::RESIDENTIAL_500).await?;
        network.nas.go(Way::Through);
        let request = network.ground.ended(&path).await?;
        assert_eq!(request["status"], "FAILED", "{request}");
        assert_eq!(request["notes"], why, "{way:?}: {request}");
        let answer = network.log_in(of, &network.password(of)?)?;
        assert_eq!(shown(&answer, "Filter-Id").as_deref(), Some("500M-500M"), "as before");
    }
    network.nas.go(Way::Through);
    network.sql("insert into nas (nasname, shortname, secret) values ('127.0.0.1', 'x', 'guess')")?;
    let request = network.ground.done(of, "UPGRADE").await?;
    let notes = request["notes"].as_str().unwrap_or_default();
    assert!(request["status"] == "FAILED" && notes.starts_with(why), "{request}");
    assert_eq!(network.nas.answers().len(), 0, "who signs with another secret is not heard");
    network.sql("delete from nas")?;
    network.app.drain().await
}
