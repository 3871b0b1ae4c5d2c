//! Customers that cannot be billed and how that is reported; dry runs; other organizations.

use super::{Ground, activated, fixtures::balance};
use crate::app::{Pairing, both};
use anyhow::Result;
use entities::{job::JobState, job_error};
use isp::invoices::{self, CustomerRange};
use platform::Error;
use reqwest::StatusCode;
use serde_json::json;

both!(
    a_state_without_a_rate_stops_nobody_else,
    a_dry_run_writes_nothing,
    a_month_that_is_not_over_is_not_billed,
    strangers_see_nothing,
    what_is_not_invoiced_yet_is_pending,
);

async fn a_state_without_a_rate_stops_nobody_else(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    ground.many(2).await?;
    let past = [("2026-10-01T00:00:00Z", activated("Fiber 500", "100"))];
    let texan = ground.subscriber_in("TX", "texan@example.com", &past).await?;
    ground.app.work();
    let job = ground.run("2026-11").await?;
    assert_eq!((job.state, job.succeeded, job.failed), (JobState::Succeeded, 2, 1));
    assert_eq!(job.result, Some(json!({ "month": "2026-11", "invoices": 2, "refused": 1 })));
    let [error] = &errors_of(&ground, job.id).await?[..] else { panic!("one error") };
    assert!(error.message.contains("no tax rate for the state TX"), "{error:?}");
    assert_eq!(error.details, Some(json!({ "customer": texan.to_string() })));
    ground.billed_once(2).await?;
    ground.tax("tx", "6.25").await?;
    assert_eq!(ground.run("2026-11").await?.succeeded, 1);
    ground.billed_once(3).await?;
    assert_eq!(ground.invoices().await?[2].tax_cents, 625);
    ground.app.drain().await
}

async fn errors_of(ground: &Ground, id: entities::ids::JobId) -> Result<Vec<job_error::Model>> {
    Ok(job_error::Entity::page(id, -1).all(ground.app.kernel.db.reader()).await?)
}

async fn a_dry_run_writes_nothing(pairing: Pairing) -> Result<()> {
    let ground =
        Ground::at(pairing, "UTC", "2026-12-01T05:00:00Z", |settings| settings.invoices.batch = 2).await?;
    ground.many(5).await?;
    let past = [("2026-10-01T00:00:00Z", activated("Fiber 500", "100"))];
    let texan = ground.subscriber_in("TX", "texan@example.com", &past).await?;
    let before = [ground.app.count("events").await?, ground.app.count("jobs").await?];
    let month = invoices::month("2026-11")?;
    let preview = invoices::preview(&ground.app.kernel, ground.organization, month).await?;
    assert_eq!(
        (preview.invoices, preview.subtotal.to_string(), preview.tax.to_string()),
        (5, "500.00".into(), "50.00".into())
    );
    assert_eq!(preview.unbilled.iter().map(|one| one.customer).collect::<Vec<_>>(), [texan]);
    assert_eq!([ground.app.count("events").await?, ground.app.count("jobs").await?], before);
    assert_eq!((ground.app.count("invoices").await?, ground.app.count("invoice_numbers").await?), (0, 0));
    let billed = ground.bill(CustomerRange::default()).await?;
    let sum: i64 = billed.invoices.iter().map(|one| one.total_cents).sum();
    assert_eq!(sum, 55_000, "what was announced");
    Ok(())
}

async fn a_month_that_is_not_over_is_not_billed(pairing: Pairing) -> Result<()> {
    let ground = Ground::at(pairing, "America/New_York", "2026-12-01T04:59:59Z", |_| {}).await?;
    ground.many(1).await?;
    let work = ground.work();
    let refused = invoices::begin(&work, invoices::month("2026-11")?).await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid { faults, .. } if faults[0].field == "month"), "{refused}");
    assert!(invoices::begin(&work, invoices::month("2026-10")?).await?.is_some());
    assert!(invoices::begin(&work, invoices::month("2026-08")?).await?.is_none(), "nobody was there");
    assert!(matches!(invoices::month("2026-13"), Err(Error::Invalid { .. })));
    work.rollback().await?;
    Ok(())
}

async fn strangers_see_nothing(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let customer = ground.many(1).await?[0];
    let invoice = ground.bill(CustomerRange::default()).await?.invoices.remove(0);
    let caller = ground.app.serve().await?;
    let stranger = caller.with_key(Some(&ground.app.key("stranger").await?));
    for path in [
        format!("/api/v1/invoices/{}", invoice.id),
        format!("/api/v1/customers/{customer}/invoices"),
        format!("/api/v1/customers/{customer}/balance"),
    ] {
        assert_eq!(caller.get(&path).await?.status, 200, "{path}");
        stranger.get(&path).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    let other = Ground::of(ground.app, "stranger").await?;
    let refused = other.pay(customer, "1", "r").await.unwrap_err();
    assert!(matches!(refused, Error::NotFound("Customer")), "{refused}");
    Ok(())
}

async fn what_is_not_invoiced_yet_is_pending(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let customer = ground.many(1).await?[0];
    let caller = ground.app.serve().await?;
    let before = balance(&caller, customer).await?;
    assert_eq!(
        (&before["pendingCharges"], &before["currentBalance"]),
        (&json!(200), &json!(0)),
        "two months"
    );
    ground.bill(CustomerRange::default()).await?;
    let after = balance(&caller, customer).await?;
    assert_eq!((&after["pendingCharges"], &after["currentBalance"]), (&json!(100), &json!(110)), "{after}");
    assert_eq!((&after["lastPayment"], &after["autoPayEnabled"]), (&json!(null), &json!(false)));
    Ok(())
}
