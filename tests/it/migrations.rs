//! Steps of the schema that change what is there: rows of the version before go on working.

use crate::{
    app::{Pairing, both},
    contracts::vendor::Ground,
};
use anyhow::{Context, Result};
use kernel::Db;
use migration::{Migrator, MigratorTrait};
use serde_json::json;

both!(details_of_vendors_become_text);

/// Takes the schema back to what it was before the step.
async fn before(db: &Db, step: &str) -> Result<()> {
    let steps = Migrator::migrations();
    let place = steps.iter().position(|it| it.name() == step).context("no such step")?;
    Ok(Migrator::down(db.writer(), Some((steps.len() - place).try_into()?)).await?)
}

async fn details_of_vendors_become_text(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let details = json!({ "b": { "value": 1.5 }, "a": [null, "é"] });
    let path = "/provision-simulations/order-events";
    let made = ground.play.make(path, &json!({ "provisionDetail": { "details": details } })).await?;
    let request = format!("/provision-requests/{}", made["provisionRequest"]["id"].as_str().unwrap());
    ground.play.make(&format!("{request}/results"), &json!({ "status": "Success" })).await?;
    ground.app.at_rest().await?;
    before(&ground.app.kernel.db, "m20261130_vendor_texts").await?;
    ground.app.kernel.db.migrate().await?;
    let shown = ground.play.read(&format!("{request}/details/latest")).await?;
    assert_eq!(shown["details"], details);
    let result = ground.play.read(&format!("{request}/results/latest")).await?;
    assert_eq!((&result["status"], result.get("metadata")), (&json!("Success"), None));
    ground.app.drain().await
}
