//! Steps of the schema that change what is there: rows of the version before go on working.

use crate::{
    app::{Pairing, Receiver, Reply, both},
    contracts::{partner::customer, vendor::Ground},
};
use anyhow::{Context, Result};
use kernel::Db;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

both!(
    details_of_vendors_become_text,
    addresses_are_compared_as_dns_knows_them,
    webhooks_say_that_they_were_replaced_and_attempts_how_they_ended,
);

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

async fn addresses_are_compared_as_dns_knows_them(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let (caller, db) = (&ground.caller, &ground.app.kernel.db);
    for email in ["a@bücher.example", "b@bücher.example", "b@other.example", "c@example.com"] {
        assert_eq!(caller.post("/api/v1/customers", &customer(email)).await?.status, 201);
    }
    ground.app.at_rest().await?;
    before(db, "m20261130_email_domains").await?;
    // As the version before wrote them; of `b` there were two.
    let keys = [
        ("a@bücher.example", "a@bücher.example"),
        ("b@bücher.example", "b@bücher.example"),
        ("b@other.example", "b@xn--bcher-kva.example"),
    ];
    for (email, key) in keys {
        let sql = "update customers set email_key = $1 where email = $2";
        let values = [key.into(), email.into()];
        let statement = Statement::from_sql_and_values(db.writer().get_database_backend(), sql, values);
        db.writer().execute_raw(statement).await?;
    }
    db.migrate().await?;
    let refused = caller.post("/api/v1/customers", &customer("a@xn--bcher-kva.example")).await?;
    assert_eq!(refused.status, 409, "{refused:?}");
    let kept: Value = caller.get("/api/v1/customers").await?.json();
    assert_eq!(kept["data"].as_array().map(Vec::len), Some(4));
    ground.app.drain().await
}

async fn webhooks_say_that_they_were_replaced_and_attempts_how_they_ended(pairing: Pairing) -> Result<()> {
    let ground = Ground::once(pairing).await?;
    let db = &ground.app.kernel.db;
    let receiver = Receiver::replying([Reply::status(500)]).await?;
    ground.live.hook(&ground.provisioner, &receiver).await?;
    for _ in 0..2 {
        ground.play.hook(&ground.twin, &receiver).await?;
    }
    let (mut paths, mut states) = (vec![], vec![]);
    for _ in 0..2 {
        let order = ground.order(None).await?;
        let path = format!("/provision-requests/{}/attempts/latest", order.id.0);
        states.push(ground.live.when(&path, |attempt| attempt["status"] != "Issued").await?);
        paths.push(path);
    }
    assert_eq!([&states[0]["status"], &states[1]["status"]], ["Failed", "Acknowledged"]);
    ground.app.at_rest().await?;
    before(db, "m20261130_replaced_webhooks").await?;
    db.writer().execute_unprepared("update endpoints set status = 'active', status_reason = null").await?;
    db.migrate().await?;
    db.writer().execute_unprepared("delete from deliveries").await?;
    for (path, state) in paths.iter().zip(&states) {
        assert_eq!(ground.live.read(path).await?, *state);
    }
    for (desk, provisioner, expected) in [
        (&ground.play, &ground.twin, &["replaced", "active"][..]),
        (&ground.live, &ground.provisioner, &["active"][..]),
    ] {
        let listed = desk.read(&format!("/provisioners/{}/webhooks", provisioner.id.0)).await?;
        let shown: Vec<_> =
            listed["content"].as_array().unwrap().iter().map(|hook| &hook["status"]).collect();
        assert_eq!(shown, expected);
    }
    ground.app.drain().await
}
