//! Objects that only the operator creates with commands, and states that requests built from a schema cannot reach.

use crate::{
    app::TestApp,
    contracts::partner::{
        coverage,
        network::{fault, operator, window},
        subscriptions,
    },
    invoices,
};
use anyhow::Result;
use entities::outage::OutageStatus;
use isp::{
    addresses::{self, Block},
    network::{
        maintenance,
        outages::{self, OutageUpdate},
    },
    vendors::provisioners,
};

/// Records and ends an outage; the smallest webhook gets its events, so there are deliveries.
pub async fn outage_is_over(app: &TestApp) -> Result<()> {
    let work = operator(app).await?;
    let outage = outages::open(&work, fault("Uptown", &["92026"])).await?;
    let (message, author) = ("Spliced".into(), "Ops".into());
    let status = Some(OutageStatus::Resolved);
    let news = OutageUpdate { message, author, status, severity: None, estimated_resolution: None };
    outages::update(&work, outage.id, news).await?;
    Ok(work.commit().await?)
}

/// Creates an outage, a maintenance window, a pool of addresses, coverage, promotion codes, a subscription, an invoice
/// and a provisioner of the organization `acme`. Returns those that no operation lists, by path.
pub async fn acts(app: &TestApp) -> Result<Vec<(&'static str, String)>> {
    coverage::imported(app, coverage::example()).await??;
    let invoice = invoices::made(app).await?;
    let known = vec![("/api/v1/invoices/", invoice.to_string())];
    let work = operator(app).await?;
    outages::open(&work, fault("Downtown", &["92025"])).await?;
    maintenance::plan(&work, window(app, 1)).await?;
    if !addresses::list(&app.kernel, work.actor.organization).await?.is_empty() {
        work.commit().await?;
        return Ok(known);
    }
    subscriptions::for_sale(&work).await?;
    provisioners::create(&work, "Acme", false).await?;
    let block = Block::new("192.0.2.0/24", None).map_err(anyhow::Error::msg)?;
    addresses::add(&work, "Downtown IPv4", "Downtown", "192.0.2.0/24", block).await?;
    work.commit().await?;
    Ok(known)
}
