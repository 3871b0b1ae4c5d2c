//! An unavailable RADIUS database.

use super::network::{BRIEF, Network, PERSISTENT, let_in};
use crate::app::{PATIENCE, Pairing, both};
use anyhow::{Context, Result};
use entities::job;
use harness::{free_port, shared, until};
use platform::config::Settings;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

both!(
    without_a_database_a_request_fails_at_once,
    a_database_that_stays_away_is_given_up_on,
    it_goes_on_when_the_database_is_back,
);

async fn jobs(network: &Network) -> Result<Vec<job::Model>> {
    let of_kind = job::Entity::find().filter(job::Column::Kind.is_in(["provisioning", "provisioning_undo"]));
    Ok(of_kind.order_by_asc(job::Column::Id).all(network.app.kernel.db.reader()).await?)
}

/// Has the database be looked for where it is not.
fn elsewhere(settings: &mut Settings, port: u16) {
    let real = shared().postgres.port();
    let url = &mut settings.provisioners.radius.url;
    *url = url.replace(&format!(":{real}/"), &format!(":{port}/"));
}

async fn without_a_database_a_request_fails_at_once(pairing: Pairing) -> Result<()> {
    let none = |settings: &mut Settings| settings.provisioners.radius.url.clear();
    let network = Network::new(pairing, PERSISTENT, none).await?;
    let of = network.ordered("john@example.com").await?;
    let request = network.ground.done(of, "NEW_INSTALL").await?;
    let notes = request["notes"].as_str().unwrap_or_default();
    assert!(request["status"] == "FAILED" && notes.contains("no RADIUS database is set"), "{request}");
    let attempts: Vec<_> = jobs(&network).await?.iter().map(|job| job.attempt).collect();
    assert_eq!(attempts, [1, 1], "to do it, and to undo it");
    network.app.drain().await
}

async fn a_database_that_stays_away_is_given_up_on(pairing: Pairing) -> Result<()> {
    let port = free_port();
    let network = Network::new(pairing, BRIEF, |settings| elsewhere(settings, port)).await?;
    let of = network.ordered("john@example.com").await?;
    let request = network.ground.done(of, "NEW_INSTALL").await?;
    let notes = request["notes"].as_str().unwrap_or_default();
    assert!(request["status"] == "FAILED" && notes.contains("the RADIUS database does not"), "{request}");
    let attempts: Vec<_> = jobs(&network).await?.iter().map(|job| job.attempt).collect();
    assert_eq!(attempts, [3, 3], "to do it, and to undo it");
    network.app.drain().await
}

async fn it_goes_on_when_the_database_is_back(pairing: Pairing) -> Result<()> {
    let port = free_port();
    let network = Network::new(pairing, PERSISTENT, |settings| elsewhere(settings, port)).await?;
    let of = network.ordered("john@example.com").await?;
    let path = network.ground.open(of, "NEW_INSTALL", json!({})).await?;
    until("it is tried again", PATIENCE, async || {
        let first = jobs(&network).await?.into_iter().next().context("its job")?;
        Ok((first.attempt >= 2).then_some(()))
    })
    .await?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    tokio::spawn(async move {
        while let Ok((mut asker, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut real = TcpStream::connect(("127.0.0.1", shared().postgres.port())).await?;
                tokio::io::copy_bidirectional(&mut asker, &mut real).await
            });
        }
    });
    let request = network.ground.ended(&path).await?;
    assert_eq!(request["status"], "COMPLETED", "{request}");
    assert!(let_in(&network.log_in(of, &network.password(of)?)?));
    network.app.drain().await
}
