//! Orders for a month that was already billed are on the next invoice; orders of a sandbox key on none.

use super::{Ground, activated, fixtures::balance};
use crate::app::{Pairing, both};
use anyhow::{Context, Result};
use entities::{
    ids::{CustomerId, SubscriptionId},
    invoice,
    plan::standard,
    subscription,
};
use isp::invoices::{self, CustomerRange};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

both!(
    a_month_that_was_missed_is_on_the_next_invoice,
    a_month_that_is_run_again_has_it_and_the_next_invoice_not,
    what_a_sandbox_key_ordered_is_not_billed,
);

/// A customer with a subscription since then, which is entered now.
async fn backdated(ground: &Ground, email: &str, since: &str) -> Result<(CustomerId, SubscriptionId)> {
    let customer = ground.subscriber(email, &[(since, activated("Fiber 500", "30"))]).await?;
    let found = subscription::Entity::find().filter(subscription::Column::CustomerId.eq(customer));
    let id = found.one(ground.app.kernel.db.reader()).await?.context("a subscription")?.id;
    ground.entered_now(id).await?;
    Ok((customer, id))
}

fn lines(invoice: &invoice::Model) -> Vec<(&str, i64, Option<&str>)> {
    let lines = invoice.lines.0.iter();
    lines.map(|line| (line.description.as_str(), line.amount_cents, line.month.as_deref())).collect()
}

async fn a_month_that_was_missed_is_on_the_next_invoice(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let first = ground.many(1).await?[0];
    ground.bill(CustomerRange::default()).await?;
    // October was billed to nobody: it is left to a run of its own.
    let (late, late_id) = backdated(&ground, "late@example.com", "2026-10-16T00:00:00Z").await?;
    let past = [("2026-11-16T00:00:00Z", activated("Fiber 1G", "60"))];
    let second = ground.subscribe(first, standard::RESIDENTIAL_1G, &past).await?;
    ground.entered_now(second).await?;
    let caller = ground.app.serve().await?;
    assert_eq!(balance(&caller, late).await?["pendingCharges"], 60.0, "November and December");
    let preview = {
        Ground::move_to(&ground.app, "2027-01-01T05:00:00Z");
        invoices::preview(&ground.app.kernel, ground.organization, invoices::month("2026-12")?).await?
    };
    let found: Vec<_> = preview.arrears.iter().map(|it| (it.subscription, it.amount.to_string())).collect();
    assert_eq!(found, [(second, "30.00".to_owned()), (late_id, "30.00".to_owned())]);
    assert!(preview.arrears.iter().all(|it| it.month.to_string() == "2026-11"));
    assert_eq!(preview.subtotal.to_string(), "250.00");
    let billed = ground.bill_of("2026-12", CustomerRange::default()).await?;
    let [one, two] = &billed.invoices[..] else { panic!("two invoices: {billed:?}") };
    assert_eq!(
        lines(one),
        [
            ("Fiber 500, December 2026", 10_000, None),
            ("Fiber 1G, 16–30 November 2026: 15 days of 30 days", 3_000, Some("2026-11")),
            ("Fiber 1G, December 2026", 6_000, None),
        ]
    );
    assert_eq!(
        lines(two),
        [("Fiber 500, November 2026", 3_000, Some("2026-11")), ("Fiber 500, December 2026", 3_000, None)]
    );
    // It is billed once, whichever month is run next.
    assert_eq!(ground.bill(CustomerRange::default()).await?.invoices.len(), 0);
    Ground::move_to(&ground.app, "2027-02-01T05:00:00Z");
    let billed = ground.bill_of("2027-01", CustomerRange::default()).await?;
    assert!(billed.invoices.iter().all(|invoice| lines(invoice).iter().all(|line| line.2.is_none())));
    Ok(())
}

async fn a_month_that_is_run_again_has_it_and_the_next_invoice_not(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    ground.many(1).await?;
    ground.bill(CustomerRange::default()).await?;
    backdated(&ground, "late@example.com", "2026-11-01T00:00:00Z").await?;
    let again = ground.bill(CustomerRange::default()).await?;
    assert_eq!(lines(&again.invoices[0]), [("Fiber 500, November 2026", 3_000, None)]);
    Ground::move_to(&ground.app, "2027-01-01T05:00:00Z");
    let billed = ground.bill_of("2026-12", CustomerRange::default()).await?;
    assert_eq!(lines(&billed.invoices[1]), [("Fiber 500, December 2026", 3_000, None)]);
    Ok(())
}

async fn what_a_sandbox_key_ordered_is_not_billed(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let customers = ground.many(2).await?;
    let db = ground.app.kernel.db.writer();
    let found = subscription::Entity::find().filter(subscription::Column::CustomerId.eq(customers[0]));
    let id = found.one(db).await?.context("a subscription")?.id;
    let row = subscription::ActiveModel { id: Set(id), sandbox: Set(true), ..Default::default() };
    row.update(db).await?;
    let month = invoices::month("2026-11")?;
    let preview = invoices::preview(&ground.app.kernel, ground.organization, month).await?;
    assert_eq!((preview.invoices, preview.sandboxed, preview.left_out.len()), (1, 1, 0));
    let caller = ground.app.serve().await?;
    assert_eq!(balance(&caller, customers[0]).await?["pendingCharges"], 0.0);
    ground.app.work();
    assert_eq!(ground.run("2026-11").await?.succeeded, 1);
    assert_eq!(ground.invoices().await?[0].customer_id, customers[1]);
    assert_eq!(ground.app.jobs_of("invoice_mail").await?, 1);
    ground.app.drain().await
}
