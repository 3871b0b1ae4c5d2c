//! What only the operator makes, with his commands, so that there is something to read.

use crate::{
    app::TestApp,
    contracts::partner::network::{fault, operator, window},
};
use anyhow::Result;
use kernel::domain::network::{maintenance, outages};

/// An outage and a maintenance window of the organization `acme`.
pub async fn acts(app: &TestApp) -> Result<()> {
    let work = operator(app).await?;
    outages::open(&work, fault("Downtown", &["92025"])).await?;
    maintenance::plan(&work, window(app, 1)).await?;
    Ok(work.commit().await?)
}
