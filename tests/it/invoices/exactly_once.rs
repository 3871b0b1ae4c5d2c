//! Every customer is billed once, and numbers have no gaps, whatever happens meanwhile.

use super::Ground;
use crate::app::{Pairing, both};
use anyhow::Result;
use entities::{ids::CustomerId, job::JobState};
use futures::future::{join_all, try_join_all};
use isp::invoices::CustomerRange;
use platform::Error;

both!(
    a_run_bills_once_however_often_it_runs,
    of_64_finalised_at_once_each_has_the_next_number,
    who_is_billed_by_several_at_once_is_billed_once,
    what_is_broken_off_takes_no_numbers,
    organizations_have_numbers_of_their_own,
    a_year_begins_with_one,
);

async fn a_run_bills_once_however_often_it_runs(pairing: Pairing) -> Result<()> {
    let mut ground =
        Ground::at(pairing, "UTC", "2026-12-01T05:00:00Z", |settings| settings.invoices.batch = 7).await?;
    ground.many(30).await?;
    let first = ground.begin("2026-11").await?;
    assert_eq!(ground.begin("2026-11").await?, first, "one run of a month is open");
    ground.app.work();
    let job = ground.app.ended(first).await?;
    assert_eq!((job.state, job.processed, job.succeeded, job.failed), (JobState::Succeeded, 30, 30, 0));
    let again = ground.run("2026-11").await?;
    assert_eq!((again.state, again.processed, again.succeeded), (JobState::Succeeded, 30, 0));
    assert_ne!(again.id, first);
    ground.billed_once(30).await?;
    assert_eq!(ground.app.jobs_of("invoice_mail").await?, 30, "each is mailed once");
    ground.app.drain().await
}

fn only(customer: CustomerId) -> CustomerRange {
    let after = CustomerId(uuid::Uuid::from_u128(customer.0.as_u128() - 1));
    CustomerRange { after: Some(after), until: Some(customer) }
}

async fn of_64_finalised_at_once_each_has_the_next_number(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let customers = ground.many(64).await?;
    let billed = try_join_all(customers.iter().map(|customer| ground.bill(only(*customer)))).await?;
    assert!(billed.iter().all(|one| one.invoices.len() == 1));
    ground.billed_once(64).await
}

async fn who_is_billed_by_several_at_once_is_billed_once(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    ground.many(10).await?;
    let mut made = 0;
    for outcome in join_all((0..8).map(|_| ground.bill(CustomerRange::default()))).await {
        match outcome {
            Ok(billed) => made += billed.invoices.len(),
            Err(error @ Error::Unavailable { .. }) => {
                assert!(error.to_string().contains("just billed"), "{error}");
            }
            Err(error) => return Err(error.into()),
        }
    }
    assert_eq!(made, 10);
    ground.billed_once(10).await
}

async fn what_is_broken_off_takes_no_numbers(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    ground.many(3).await?;
    let work = ground.work();
    let month = isp::invoices::month("2026-11")?;
    let billed = isp::invoices::bill(&work, month, CustomerRange::default()).await?;
    assert_eq!(billed.invoices.len(), 3);
    work.rollback().await?;
    ground.billed_once(0).await?;
    assert_eq!(ground.app.count("jobs").await?, 0);
    ground.bill(CustomerRange::default()).await?;
    ground.billed_once(3).await
}

async fn organizations_have_numbers_of_their_own(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    ground.many(2).await?;
    ground.bill(CustomerRange::default()).await?;
    let other = Ground::of(ground.app, "other").await?;
    other.tax("CA", "0").await?;
    other.many(1).await?;
    let billed = other.bill(CustomerRange::default()).await?;
    let [invoice] = &billed.invoices[..] else { panic!("only its own: {billed:?}") };
    assert_eq!((invoice.number.as_deref(), invoice.total_cents), (Some("INV-2026-000001"), 10_000));
    Ok(())
}

/// The year is that of the date on the invoice, where the organization is.
async fn a_year_begins_with_one(pairing: Pairing) -> Result<()> {
    let ground = Ground::at(pairing, "America/New_York", "2027-01-01T04:59:00Z", |_| {}).await?;
    let customers = ground.many(2).await?;
    ground.bill(only(customers[0])).await?;
    Ground::move_to(&ground.app, "2027-01-01T05:00:00Z");
    ground.bill(only(customers[1])).await?;
    let numbers: Vec<_> = ground.invoices().await?.into_iter().filter_map(|one| one.number).collect();
    assert_eq!(numbers, ["INV-2026-000001", "INV-2027-000001"]);
    Ok(())
}
