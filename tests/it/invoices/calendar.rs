//! Runs that begin by themselves.

use super::{Ground, activated};
use crate::app::{PATIENCE, Pairing, both};
use anyhow::Result;
use futures::future::try_join_all;
use harness::until;
use kernel::domain::invoices;

both!(
    a_month_is_billed_once_it_is_over_and_once,
    months_that_nobody_was_there_for_are_made_up,
    workers_look_at_the_calendar,
);

async fn there(pairing: Pairing, now: &str) -> Result<Ground> {
    Ground::at(pairing, "America/New_York", now, |settings| settings.invoices.enabled = true).await
}

async fn a_month_is_billed_once_it_is_over_and_once(pairing: Pairing) -> Result<()> {
    let ground = there(pairing, "2026-11-01T10:30:00Z").await?;
    ground.subscriber("john@example.com", &[("2026-10-01T04:00:00Z", activated("Fiber 500", "100"))]).await?;
    invoices::begin_due(&ground.app.kernel).await?;
    let october = ground.app.jobs_of("invoice_run").await?;
    assert_eq!(october, 0, "it is before six o'clock there, and September was nobody's");
    for (now, runs) in [("2026-11-01T11:00:01Z", 1), ("2026-12-01T10:58:00Z", 1), ("2026-12-01T11:00:01Z", 2)]
    {
        Ground::move_to(&ground.app, now);
        try_join_all((0..8).map(|_| invoices::begin_due(&ground.app.kernel))).await?;
        assert_eq!(ground.app.jobs_of("invoice_run").await?, runs, "{now}");
    }
    Ok(())
}

async fn months_that_nobody_was_there_for_are_made_up(pairing: Pairing) -> Result<()> {
    let ground = there(pairing, "2026-11-02T00:00:00Z").await?;
    ground.many(1).await?;
    invoices::begin_due(&ground.app.kernel).await?;
    Ground::move_to(&ground.app, "2027-02-03T00:00:00Z");
    invoices::begin_due(&ground.app.kernel).await?;
    // October, and then November, December and January.
    assert_eq!((ground.app.count("invoice_runs").await?, ground.app.jobs_of("invoice_run").await?), (4, 4));
    Ok(())
}

async fn workers_look_at_the_calendar(pairing: Pairing) -> Result<()> {
    let mut ground = there(pairing, "2026-12-02T00:00:00Z").await?;
    ground.many(3).await?;
    ground.app.work();
    ground.app.work();
    until("everybody is billed", PATIENCE, async || {
        Ok((ground.app.count("invoices").await? == 3).then_some(()))
    })
    .await?;
    ground.billed_once(3).await?;
    ground.app.drain().await
}
