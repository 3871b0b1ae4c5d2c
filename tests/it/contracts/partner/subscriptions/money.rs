//! Previews are equal to the charges.

use super::{Ground, id};
use crate::app::{Pairing, both};
use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use isp::{
    charges::{Month, Zone, charges, from_cents},
    subscriptions,
};
use rust_decimal::Decimal;
use serde_json::json;

both!(previews_add_up_to_the_charge, without_proration_this_month_costs_no_more);

/// What the subscription costs in the month of now.
async fn total(ground: &Ground, path: &str) -> Result<Decimal> {
    let zone: Zone = "UTC".parse()?;
    let history = subscriptions::history(ground.app.kernel.db.reader(), id(path)?).await?;
    Ok(charges(&history, Month::of(ground.app.clock.now(), &zone), &zone).total())
}

/// Moves the clock to the tenth of the next month, so that no month ends within the test.
fn to_the_tenth(ground: &Ground) -> Result<()> {
    let zone: Zone = "UTC".parse()?;
    let now = ground.app.clock.now();
    let tenth: DateTime<Utc> = Month::of(now, &zone).next().span(&zone).from + TimeDelta::days(9);
    ground.app.clock.advance(tenth - now);
    Ok(())
}

async fn previews_add_up_to_the_charge(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    to_the_tenth(&ground)?;
    let path = ground.active("RESIDENTIAL_100").await?;
    let mut sum = total(&ground, &path).await?;
    let at = |days: i64| ground.at(days * 86_400);
    let mut signs = vec![];
    for (what, body) in [
        ("upgrade", json!({ "newTier": "RESIDENTIAL_1G" })),
        ("downgrade", json!({ "newTier": "RESIDENTIAL_500" })),
        ("upgrade", json!({ "newTier": "BUSINESS_10G", "effectiveDate": at(9) })),
    ] {
        ground.app.clock.advance(TimeDelta::hours(31));
        let done = ground.done(&path, what, body).await?;
        let amount: Decimal = done["proratedAmount"].to_string().parse()?;
        signs.push(amount.is_sign_negative());
        assert!(amount.scale() <= 2, "{done}");
        sum += amount;
        assert_eq!(total(&ground, &path).await?, sum, "{what}");
    }
    assert_eq!(signs, [false, true, false]);
    ground.drain().await
}

async fn without_proration_this_month_costs_no_more(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    to_the_tenth(&ground)?;
    let path = ground.active("RESIDENTIAL_100").await?;
    let before = total(&ground, &path).await?;
    let body = json!({ "newTier": "BUSINESS_10G", "prorateCharges": false });
    assert_eq!(ground.done(&path, "upgrade", body).await?["proratedAmount"], json!(0));
    assert_eq!(total(&ground, &path).await?, before);
    to_the_tenth(&ground)?;
    assert_eq!(total(&ground, &path).await?, from_cents(99_999));
    ground.drain().await
}
