//! Lines of invoices.

use super::{Ground, activated, changed, fixtures::data};
use crate::app::{Pairing, both};
use anyhow::Result;
use entities::plan::standard;
use isp::{charges::Kind, invoices::CustomerRange};
use serde_json::{Value, json};

both!(
    an_upgrade_splits_the_month_by_the_clocks_of_the_zone,
    suspended_time_is_on_no_invoice,
    all_subscriptions_of_a_customer_are_on_one_invoice,
);

/// November 2026 has an hour more in New York: 2,595,600 seconds. At 2,595.60 dollars a second is a tenth of a cent.
async fn an_upgrade_splits_the_month_by_the_clocks_of_the_zone(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::at(pairing, "America/New_York", "2026-12-01T05:00:00Z", |_| {}).await?;
    let past = [
        ("2026-10-01T04:00:00Z", activated("Fiber 100", "2595.60")),
        ("2026-11-13T01:00:00Z", changed("Fiber 500", "5191.20")),
    ];
    let customer = ground.subscriber("john@example.com", &past).await?;
    ground.bill(CustomerRange::default()).await?;
    let caller = ground.app.serve().await?;
    let listed = data(&caller.get(&format!("/api/v1/customers/{customer}/invoices")).await?);
    let [invoice] = &listed.as_array().unwrap()[..] else { panic!("{listed}") };
    let expected = json!([
        {
            "description": "Fiber 100, 1–12 November 2026 until 20:00: 11 days 21 h of 30 days 1 h",
            "quantity": 0.395_284_33, "unitPrice": 2595.6, "amount": 1026,
        },
        {
            "description": "Fiber 500, 12–30 November 2026 from 20:00: 18 days 4 h of 30 days 1 h",
            "quantity": 0.604_715_67, "unitPrice": 5191.2, "amount": 3139.2,
        },
    ]);
    assert_eq!(invoice["lineItems"], expected);
    let sums = ["amount", "tax", "total", "status", "currency", "number"].map(|name| invoice[name].clone());
    assert_eq!(
        Value::from(sums.to_vec()),
        json!([4165.2, 416.52, 4581.72, "PENDING", "USD", "INV-2026-000001"])
    );
    let times = ["periodStart", "periodEnd", "dueDate"].map(|name| invoice[name].as_str().unwrap());
    // The fourteenth day after 1 December ends at midnight there.
    assert_eq!(times, ["2026-11-01T04:00:00.000Z", "2026-12-01T05:00:00.000Z", "2026-12-16T04:59:59.000Z"]);
    let detail = data(&caller.get(&format!("/api/v1/invoices/{}", invoice["id"].as_str().unwrap())).await?);
    assert_eq!((&detail["subtotal"], &detail["total"]), (&json!(4165.2), &json!(4581.72)));
    assert_eq!((&detail["lineItems"], &detail["paidDate"]), (&expected, &Value::Null));
    Ok(())
}

async fn suspended_time_is_on_no_invoice(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let since = ("2026-09-01T00:00:00Z", activated("Fiber 500", "300"));
    let whole = [since.clone(), ("2026-10-05T00:00:00Z", Kind::Suspended)];
    ground.subscriber("whole@example.com", &whole).await?;
    let ended = [since.clone(), ("2026-11-01T00:00:00Z", Kind::Ended)];
    ground.subscriber("ended@example.com", &ended).await?;
    let part = [
        since,
        ("2026-10-05T00:00:00Z", Kind::Suspended),
        ("2026-11-11T00:00:00Z", Kind::Resumed),
        ("2026-11-21T00:00:00Z", Kind::Suspended),
    ];
    let customer = ground.subscriber("part@example.com", &part).await?;
    let billed = ground.bill(CustomerRange::default()).await?;
    let [invoice] = &billed.invoices[..] else { panic!("{billed:?}") };
    let [line] = &invoice.lines.0[..] else { panic!("{invoice:?}") };
    assert_eq!((invoice.customer_id, line.amount_cents), (customer, 10_000));
    assert_eq!(line.description, "Fiber 500, 11–20 November 2026: 10 days of 30 days");
    ground.billed_once(1).await
}

async fn all_subscriptions_of_a_customer_are_on_one_invoice(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let customer = ground.many(1).await?[0];
    let more = [("2026-11-16T00:00:00Z", activated("Business", "200"))];
    let second = ground.subscribe(customer, standard::BUSINESS_1G, &more).await?;
    let billed = ground.bill(CustomerRange::default()).await?;
    let [invoice] = &billed.invoices[..] else { panic!("{billed:?}") };
    let lines: Vec<_> =
        invoice.lines.0.iter().map(|line| (line.subscription_id, line.amount_cents)).collect();
    assert_eq!((lines.len(), lines[1], invoice.total_cents), (2, (second, 10_000), 22_000));
    Ok(())
}
