//! Automatic runs, after the first manual one.

use super::{Ground, activated};
use crate::app::{PATIENCE, Pairing, both};
use anyhow::Result;
use futures::future::try_join_all;
use harness::until;
use isp::invoices;

both!(
    billing_does_not_begin_by_itself,
    months_that_were_due_before_the_first_run_are_left_to_the_operator,
    a_month_is_billed_once_it_is_over_and_once,
    months_that_nobody_was_there_for_are_made_up,
    workers_look_at_the_calendar,
);

async fn there(pairing: Pairing, now: &str) -> Result<Ground> {
    Ground::at(pairing, "America/New_York", now, |settings| settings.invoices.enabled = true).await
}

impl Ground {
    /// Begins the run of a month, as the command does.
    async fn by_hand(&self, month: &str) -> Result<()> {
        let work = self.work();
        invoices::begin_by_hand(&work, invoices::month(month)?).await?;
        Ok(work.commit().await?)
    }

    /// The month that the calendar bills next, and from when on.
    async fn next(&self) -> Result<Option<(String, String)>> {
        let runs = invoices::next_runs(&self.app.kernel).await?;
        let next = runs.iter().find(|run| run.organization == "acme").and_then(|run| run.next);
        Ok(next.map(|(month, at)| (month.to_string(), at.to_rfc3339())))
    }
}

async fn billing_does_not_begin_by_itself(pairing: Pairing) -> Result<()> {
    let ground = there(pairing, "2026-11-02T00:00:00Z").await?;
    ground.many(2).await?;
    for now in ["2026-11-02T00:00:00Z", "2026-12-02T00:00:00Z"] {
        Ground::move_to(&ground.app, now);
        invoices::begin_due(&ground.app.kernel).await?;
        assert_eq!(ground.app.jobs_of("invoice_run").await?, 0, "{now}");
    }
    assert_eq!(ground.next().await?, None);
    ground.by_hand("2026-11").await?;
    let next = Some(("2026-12".to_owned(), "2027-01-01T11:00:00+00:00".to_owned()));
    assert_eq!(ground.next().await?, next);
    invoices::begin_due(&ground.app.kernel).await?;
    assert_eq!(ground.app.jobs_of("invoice_run").await?, 1, "the one that was begun by hand");
    Ground::move_to(&ground.app, "2027-01-01T11:00:01Z");
    invoices::begin_due(&ground.app.kernel).await?;
    assert_eq!(ground.app.jobs_of("invoice_run").await?, 2);
    Ok(())
}

async fn months_that_were_due_before_the_first_run_are_left_to_the_operator(pairing: Pairing) -> Result<()> {
    let ground = there(pairing, "2027-03-02T00:00:00Z").await?;
    ground.many(1).await?;
    ground.by_hand("2026-10").await?;
    invoices::begin_due(&ground.app.kernel).await?;
    assert_eq!(ground.app.jobs_of("invoice_run").await?, 1, "four months are not billed at one stroke");
    assert_eq!(ground.next().await?.map(|(month, _)| month).as_deref(), Some("2027-03"));
    // A month that is over, and not due yet: the calendar still brings it.
    let other = there(pairing, "2026-12-01T10:00:00Z").await?;
    other.many(1).await?;
    other.by_hand("2026-10").await?;
    assert_eq!(other.next().await?.map(|(month, _)| month).as_deref(), Some("2026-11"));
    Ok(())
}

async fn a_month_is_billed_once_it_is_over_and_once(pairing: Pairing) -> Result<()> {
    let ground = there(pairing, "2026-11-01T10:30:00Z").await?;
    ground.subscriber("john@example.com", &[("2026-10-01T04:00:00Z", activated("Fiber 500", "100"))]).await?;
    ground.by_hand("2026-09").await?;
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
    ground.by_hand("2026-10").await?;
    Ground::move_to(&ground.app, "2027-02-03T00:00:00Z");
    invoices::begin_due(&ground.app.kernel).await?;
    // October, and then November, December and January.
    assert_eq!((ground.app.count("invoice_runs").await?, ground.app.jobs_of("invoice_run").await?), (4, 4));
    Ok(())
}

async fn workers_look_at_the_calendar(pairing: Pairing) -> Result<()> {
    let mut ground = there(pairing, "2026-11-02T00:00:00Z").await?;
    ground.by_hand("2026-10").await?;
    Ground::move_to(&ground.app, "2026-12-02T00:00:00Z");
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
