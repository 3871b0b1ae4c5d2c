//! A worker is killed while it bills a month.

use super::Platform;
use crate::{
    app::{PATIENCE, TestApp},
    invoices::Ground,
};
use anyhow::{Result, ensure};
use entities::job::JobState;
use harness::until;

const CUSTOMERS: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_killed_bills_nobody_twice() -> Result<()> {
    let platform = Platform::start(2).await?;
    let ground = Ground::of(TestApp::with(platform.settings()?).await?, "chaos").await?;
    ground.tax("CA", "10").await?;
    ground.many(CUSTOMERS).await?;
    let run = ground.begin("2026-10").await?;
    let some = async || Ok((ground.app.count("invoices").await? >= 20).then_some(()));
    until("the run is under way", PATIENCE, some).await?;
    platform.workers[0].sigkill();
    ensure!(!ground.app.job(run).await?.state.is_final(), "the run ended before anybody could be killed");
    let job = ground.app.ended(run).await?;
    ensure!(job.state == JobState::Succeeded && job.succeeded == 500 && job.processed == 500, "{job:?}");
    let counts = "select count(*), count(distinct customer_id), count(distinct number),
        max(right(number, 6)::int), (select count(*) from events where type = 'invoice.created') from invoices";
    let counts = platform.sql(counts)?;
    ensure!(
        counts.trim() == "500|500|500|500|500",
        "invoices, customers, numbers, the last, events: {counts}"
    );
    Ok(())
}
