//! `switchyard explain` of a vendor's orders.

use super::{Vendor, done};
use crate::{app::PATIENCE, cli::run, receivers::Sink};
use anyhow::{Context, Result, ensure};
use harness::until;
use serde_json::{Value, json};

#[tokio::test]
async fn an_order_is_found_by_every_id_of_the_contract() -> Result<()> {
    let (vendor, sink) = (Vendor::new().await?, Sink::answering(&[500]).await?);
    let folder = vendor.sandbox.folder.path();
    vendor.webhook(&sink.url, "X-Secret").await?;
    let made = vendor.simulate(7).await?;
    let id = |object: &Value| object["id"].as_str().map(str::to_owned).context("an id");
    let (order, attempt) = (id(&made["provisionRequest"])?, id(&made["provisionAttempt"])?);
    let refused = json!({ "status": "Fail", "errorMessage": "No fiber there" });
    let result = id(&vendor.make(&format!("/provision-requests/{order}/results"), &refused).await?)?;
    let tree = until("the notification was taken", PATIENCE, async || {
        let tree = done(folder, &["explain", &order]).await?;
        Ok(tree.contains("attempt 2, success").then_some(tree))
    })
    .await?;
    let parts = [
        &format!("order {order}\n"),
        "NetNew of fiber, provisioner Broadband, simulated, open until ",
        &format!("{attempt}  "),
        "  delivered",
        &sink.url,
        "attempt 1, retrying, sent ",
        &format!("{result}  "),
        &format!("Fail of attempt {attempt}: No fiber there"),
        "provision_request.created",
    ];
    for part in parts {
        ensure!(tree.contains(part), "{part} is not in: {tree}");
    }
    for id in [attempt, id(&made["provisionDetail"])?, result] {
        let shown = done(folder, &["explain", &id]).await?;
        ensure!(shown.starts_with(&format!("order {order}\n")), "{id}: {shown}");
    }
    let read = vendor.get(&format!("/provision-requests/{order}/attempts/latest")).await?.json();
    let webhook = read["webhookId"].as_str().context("a webhook")?;
    let shown = done(folder, &["explain", webhook]).await?;
    ensure!(shown.starts_with("webhook wh_") && shown.contains("webhook.created"), "{shown}");
    let (code, said) = run(folder, &["explain", "01983f6e-0000-7000-8000-000000000001"]).await?;
    ensure!(code == 1 && said.contains("nothing found for"), "{code}: {said}");
    Ok(())
}
