//! Payments, credit, and balances.

use super::{
    Ground,
    fixtures::{balance, data},
};
use crate::app::{Pairing, both};
use anyhow::Result;
use entities::{invoice::InvoiceStatus, subscription::SubscriptionStatus};
use futures::future::try_join_all;
use isp::invoices::{self, CustomerRange};
use platform::{Error, error::Field};
use serde_json::json;

both!(
    who_has_paid_owes_nothing_and_is_not_past_due,
    a_payment_counts_once,
    the_oldest_is_paid_first_unless_another_is_named,
    credit_pays_for_what_comes_next,
    what_is_no_payment_is_refused,
);

async fn who_has_paid_owes_nothing_and_is_not_past_due(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let customer = ground.many(1).await?[0];
    ground.bill(CustomerRange::default()).await?;
    let caller = ground.app.serve().await?;
    Ground::move_to(&ground.app, "2026-12-15T23:55:00Z");
    invoices::mark_overdue(&ground.app.kernel).await?;
    assert_eq!(ground.standing().await?, SubscriptionStatus::Active, "there is time until the day is over");
    Ground::move_to(&ground.app, "2026-12-16T00:00:01Z");
    for _ in 0..2 {
        invoices::mark_overdue(&ground.app.kernel).await?;
        assert_eq!(ground.standing().await?, SubscriptionStatus::PastDue);
    }
    assert_eq!(ground.invoices().await?[0].status, InvoiceStatus::Overdue);
    ground.pay(customer, "100", "first").await?;
    assert_eq!(ground.standing().await?, SubscriptionStatus::PastDue, "ten dollars are left");
    assert_eq!(balance(&caller, customer).await?["currentBalance"], 10);
    ground.pay(customer, "10", "second").await?;
    invoices::mark_overdue(&ground.app.kernel).await?;
    assert_eq!(ground.standing().await?, SubscriptionStatus::Active);
    let owed = balance(&caller, customer).await?;
    assert_eq!((&owed["currentBalance"], &owed["lastPayment"]["amount"]), (&json!(0), &json!(10)), "{owed}");
    let id = ground.invoices().await?[0].id;
    let shown = data(&caller.get(&format!("/api/v1/invoices/{id}")).await?);
    assert_eq!((&shown["status"], &shown["paymentMethod"]), (&json!("PAID"), &json!("card")));
    assert!(shown["paidDate"].is_string(), "{shown}");
    for (kind, count) in
        [("invoice.overdue", 1), ("invoice.paid", 1), ("payment.received", 2), ("subscription.updated", 2)]
    {
        assert_eq!(ground.app.events_of(kind).await?.len(), count, "{kind}");
    }
    Ok(())
}

async fn a_payment_counts_once(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let customers = ground.many(2).await?;
    ground.bill(CustomerRange::default()).await?;
    let received = try_join_all((0..50).map(|_| ground.pay(customers[0], "60", "wire 7"))).await?;
    assert_eq!(received.iter().filter(|one| !one.is_old).count(), 1);
    assert_eq!(ground.app.count("payments").await?, 1);
    assert_eq!(ground.invoices().await?[0].paid_cents, 6_000);
    for (customer, dollars) in [(customers[0], "61"), (customers[1], "60")] {
        let refused = ground.pay(customer, dollars, "wire 7").await.unwrap_err();
        assert!(matches!(refused, Error::Conflict { field: Some(Field::Reference), .. }), "{refused}");
    }
    Ok(())
}

async fn the_oldest_is_paid_first_unless_another_is_named(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let customer = ground.many(1).await?[0];
    for month in ["2026-10", "2026-11"] {
        let work = ground.work();
        invoices::bill(&work, invoices::month(month)?, CustomerRange::default()).await?;
        work.commit().await?;
    }
    let paid = async || {
        Ok::<_, anyhow::Error>(ground.invoices().await?.iter().map(|one| one.paid_cents).collect::<Vec<_>>())
    };
    ground.pay_for(customer, "30", "a", Some("INV-2026-000002")).await?;
    assert_eq!(paid().await?, [0, 3_000]);
    ground.pay(customer, "50", "b").await?;
    assert_eq!(paid().await?, [5_000, 3_000]);
    let spread = ground.pay(customer, "70", "c").await?.payment;
    assert_eq!(paid().await?, [11_000, 4_000]);
    assert_eq!(spread.applied.0.iter().map(|one| one.cents).collect::<Vec<_>>(), [6_000, 1_000]);
    Ok(())
}

async fn credit_pays_for_what_comes_next(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let customer = ground.many(1).await?[0];
    let caller = ground.app.serve().await?;
    let received = ground.pay(customer, "150", "ahead").await?;
    assert_eq!((received.payment.unapplied_cents, received.payment.applied.0.len()), (15_000, 0));
    assert_eq!(balance(&caller, customer).await?["currentBalance"], -150);
    ground.bill(CustomerRange::default()).await?;
    assert_eq!(ground.invoices().await?[0].status, InvoiceStatus::Paid);
    assert_eq!(balance(&caller, customer).await?["currentBalance"], -40);
    assert_eq!(ground.app.events_of("invoice.paid").await?.len(), 1);
    Ok(())
}

async fn what_is_no_payment_is_refused(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let customer = ground.many(1).await?[0];
    for (dollars, reference, field) in [
        ("0", "r", "amount"),
        ("-1", "r", "amount"),
        ("0.001", "r", "amount"),
        ("10000000.01", "r", "amount"),
        ("1", " ", "reference"),
        ("1", "a\nb", "reference"),
    ] {
        let refused = ground.pay(customer, dollars, reference).await.unwrap_err();
        assert!(matches!(&refused, Error::Invalid { faults, .. } if faults[0].field == field), "{refused}");
    }
    let refused = ground.pay_for(customer, "1", "r", Some("INV-2026-000001")).await.unwrap_err();
    assert!(matches!(refused, Error::NotFound("Invoice")), "{refused}");
    assert_eq!(ground.app.count("payments").await?, 0);
    Ok(())
}
