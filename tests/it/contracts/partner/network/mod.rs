//! `/api/v1/network`, and the commands behind it.

mod commands;
mod maintenance;
mod outages;
mod status;

use crate::app::TestApp;
use anyhow::{Context, Result};
use entities::{
    ids::OutageId,
    organization,
    outage::{self, OutageStatus, OutageType, Severity},
};
use isp::network::outages::{NewOutage, OutageUpdate, open, update};
use kernel::{UnitOfWork, events::Actor};

pub use maintenance::window;

/// A unit of work of the operator, for the organization `acme`, of which the caller of [`TestApp::serving`] is.
pub async fn operator(app: &TestApp) -> Result<UnitOfWork> {
    let found = organization::Entity::named("acme").one(app.kernel.db.reader()).await?;
    Ok(UnitOfWork::new(app.kernel.clone(), Actor::system(found.context("no acme")?.id)))
}

/// A fault in an area and its ZIP codes.
pub fn fault(area: &str, zips: &[&str]) -> NewOutage {
    NewOutage {
        kind: OutageType::Unplanned,
        severity: Severity::Medium,
        title: "Fiber cut".into(),
        description: "A digger was faster".into(),
        areas: vec![area.into()],
        services: vec![],
        zips: zips.iter().map(|&zip| zip.to_owned()).collect(),
        started_at: None,
        estimated_resolution: None,
    }
}

/// A message, and nothing else that is new.
fn news(message: &str) -> OutageUpdate {
    let (message, author) = (message.into(), "Ops".into());
    OutageUpdate { message, author, status: None, severity: None, estimated_resolution: None }
}

async fn opened(app: &TestApp, new: NewOutage) -> Result<outage::Model> {
    let work = operator(app).await?;
    let outage = open(&work, new).await?;
    work.commit().await?;
    Ok(outage)
}

async fn told(app: &TestApp, id: OutageId, news: OutageUpdate) -> Result<outage::Model> {
    let work = operator(app).await?;
    let outage = update(&work, id, news).await?;
    work.commit().await?;
    Ok(outage)
}

async fn resolved(app: &TestApp, id: OutageId) -> Result<outage::Model> {
    told(app, id, OutageUpdate { status: Some(OutageStatus::Resolved), ..news("Spliced") }).await
}
