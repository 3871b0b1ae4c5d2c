//! Subscriptions are ordered, read and listed.

use super::{Ground, code, id, shown, text};
use crate::app::{Pairing, both};
use anyhow::Result;
use chrono::TimeDelta;
use isp::{promotions, subscriptions};
use kernel::organizations;
use reqwest::StatusCode;
use serde_json::{Value, json};

both!(
    an_order_waits_until_it_is_provisioned,
    what_is_installed_already_begins_at_once,
    every_fault_of_an_order_is_named,
    promotions_are_used_while_they_are_open,
    strangers_find_nothing,
    lists_are_paged_oldest_first,
    its_month_is_that_of_the_time_zone,
);

async fn an_order_waits_until_it_is_provisioned(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let answer = ground.order("RESIDENTIAL_500", json!({ "metadata": { "ünï": "cödé" } })).await?;
    assert_eq!(answer.status, 201, "{answer:?}");
    let made = answer.json()["data"].take();
    let path = format!("/api/v1/subscriptions/{}", text(&made["id"]));
    assert_eq!(answer.header("location"), format!("/partner{path}"));
    for (field, value) in [
        ("customerId", json!(ground.customer)),
        ("serviceTier", json!("RESIDENTIAL_500")),
        ("status", json!("PENDING")),
        ("startDate", made["createdAt"].clone()),
        ("endDate", Value::Null),
        ("metadata", json!({ "ünï": "cödé" })),
        ("updatedAt", made["createdAt"].clone()),
    ] {
        assert_eq!(made.get(field), Some(&value), "{field}");
    }
    assert!(answer.text.contains(r#""monthlyPrice":79.99,"#), "{}", answer.text);
    assert_eq!(ground.get(&path).await?, made);
    let work = ground.work().await?;
    let since = work.now();
    subscriptions::activate(&work, id(&path)?, since).await?;
    subscriptions::activate(&work, id(&path)?, since).await?;
    work.commit().await?;
    let active = ground.get(&path).await?;
    assert_eq!(active["status"], "ACTIVE");
    assert!(text(&active["startDate"]).starts_with(&shown(since)[..19]), "{active}");
    for event in ["created", "updated", "activated"] {
        assert_eq!(ground.count(event).await?, 1, "{event}");
    }
    let told = ground.app.events_of("subscription.updated").await?;
    assert_eq!(
        told[0].changes.as_ref().unwrap()["status"],
        json!({ "before": "PENDING", "after": "ACTIVE" })
    );
    assert_eq!(told[0].payload.read::<Value>()?["monthly_price"], json!(79.99));
    ground.drain().await
}

async fn what_is_installed_already_begins_at_once(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let past = ground.at(-90 * 86_400);
    for (tier, more, since) in [
        ("RESIDENTIAL_100", json!({ "alreadyInstalled": true }), ground.at(0)),
        ("RESIDENTIAL_500", json!({ "alreadyInstalled": true, "startDate": past }), past.clone()),
    ] {
        let made = ground.order(tier, more).await?.json()["data"].take();
        assert_eq!(made["status"], "ACTIVE", "{made}");
        assert_eq!(text(&made["startDate"])[..16], since[..16], "{made}");
    }
    assert_eq!((ground.count("created").await?, ground.count("activated").await?), (2, 2));
    assert_eq!(ground.app.count("provisioning_requests").await?, 0, "nothing is to be installed");
    ground.drain().await
}

async fn every_fault_of_an_order_is_named(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let (early, late) = (ground.at(-3_654 * 86_400), ground.at(3_654 * 86_400));
    for (more, field) in [
        (json!({ "serviceTier": "GOLD" }), "serviceTier"),
        (json!({ "customerId": "" }), "customerId"),
        (json!({ "startDate": "tomorrow" }), "startDate"),
        (json!({ "alreadyInstalled": "yes" }), "alreadyInstalled"),
        (json!({ "startDate": early }), "startDate"),
        (json!({ "startDate": late }), "startDate"),
        (json!({ "startDate": "9999-12-31T23:59:59Z" }), "startDate"),
        (json!({ "promotionCode": "NOBODYS" }), "promotionCode"),
        (json!({ "metadata": { "a": 1 } }), "metadata.a"),
    ] {
        let answer = ground.order("RESIDENTIAL_100", more).await?;
        let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert_eq!(details["errors"][0]["field"], field, "{details}");
    }
    assert_eq!(ground.app.count("subscriptions").await?, 0);
    ground.drain().await
}

async fn promotions_are_used_while_they_are_open(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let work = ground.work().await?;
    let day = TimeDelta::days(1);
    promotions::add(&work, isp::charges::Promotion { until: Some(work.now() + day), ..code("Soon") }).await?;
    work.commit().await?;
    let order = |tier: &'static str, more: Value| ground.order(tier, more);
    let past =
        order("RESIDENTIAL_100", json!({ "promotionCode": "sOON", "startDate": ground.at(2 * 86_400) }));
    let details = past.await?.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    assert_eq!(details["errors"][0]["field"], "promotionCode");
    let waiting = order("RESIDENTIAL_100", json!({ "promotionCode": "sOON" })).await?;
    assert_eq!(waiting.status, 201, "{waiting:?}");
    // However long provisioning takes, an order keeps what it was given.
    ground.app.clock.advance(day * 2);
    assert_eq!(order("RESIDENTIAL_500", json!({ "promotionCode": "Soon" })).await?.status, 400);
    let work = ground.work().await?;
    let id = text(&waiting.json()["data"]["id"]).parse().ok().unwrap();
    subscriptions::activate(&work, id, work.now()).await?;
    work.commit().await?;
    // Another organization's codes are none of this one's.
    let other = ground.caller.with_key(Some(&ground.app.key("other").await?));
    let theirs = other.post("/api/v1/customers", &super::customer("a@example.com")).await?.json();
    let new = json!({ "customerId": theirs["data"]["id"], "serviceTier": "BUSINESS_1G", "promotionCode": "Soon",
        "startDate": ground.at(-3 * 86_400) });
    assert_eq!(other.post("/api/v1/subscriptions", &new).await?.status, 400);
    ground.drain().await
}

async fn strangers_find_nothing(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let path = ground.active("RESIDENTIAL_500").await?;
    let other = ground.caller.with_key(Some(&ground.app.key("other").await?));
    let new = json!({ "customerId": ground.customer, "serviceTier": "BUSINESS_1G" });
    for customer in ["x", "cust_01JD72MYR07AY8VVR14D2PF2DB"] {
        ground
            .order("BUSINESS_1G", json!({ "customerId": customer }))
            .await?
            .refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    other.post("/api/v1/subscriptions", &new).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    for path in [&*path, "/api/v1/subscriptions/x", "/api/v1/subscriptions/sub_01JD72MYR07AY8VVR14D2PF2DB"] {
        other.get(path).await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        for (what, body) in [
            ("upgrade", json!({ "newTier": "BUSINESS_1G" })),
            ("downgrade", json!({ "newTier": "RESIDENTIAL_100" })),
            ("suspend", json!({})),
            ("resume", json!({})),
        ] {
            let answer = other.post(&format!("{path}/{what}"), &body).await?;
            answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        }
    }
    let list = format!("/api/v1/subscriptions?customerId={}", ground.customer);
    assert_eq!(other.get(&list).await?.json()["pagination"]["total"], 0);
    assert_eq!(ground.get(&path).await?["status"], "ACTIVE");
    ground.drain().await
}

async fn lists_are_paged_oldest_first(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    for tier in ["RESIDENTIAL_100", "RESIDENTIAL_500", "RESIDENTIAL_1G"] {
        ground.order(tier, json!({})).await?;
    }
    let tiers = async |query: String| -> Result<Vec<String>> {
        let list = ground.get(&format!("/api/v1/subscriptions?{query}")).await?;
        Ok(list.as_array().unwrap().iter().map(|one| text(&one["serviceTier"])).collect())
    };
    assert_eq!(tiers("limit=2".into()).await?, ["RESIDENTIAL_100", "RESIDENTIAL_500"]);
    assert_eq!(tiers("limit=2&page=2".into()).await?, ["RESIDENTIAL_1G"]);
    assert_eq!(tiers(format!("customerId={}", ground.customer)).await?.len(), 3);
    assert_eq!(tiers("customerId=".into()).await?.len(), 3, "an empty value is none");
    for nobody in ["x", "cust_01JD72MYR07AY8VVR14D2PF2DB"] {
        assert_eq!(tiers(format!("customerId={nobody}")).await?.len(), 0);
    }
    ground.drain().await
}

async fn its_month_is_that_of_the_time_zone(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let work = ground.work().await?;
    let acme = entities::organization::Entity::named("acme");
    let acme = acme.one(ground.app.kernel.db.reader()).await?.unwrap();
    organizations::set_time_zone(&work, &acme, &"Asia/Kathmandu".parse()?).await?;
    work.commit().await?;
    let start = "2030-03-31T18:15:00Z";
    let made = ground.order("RESIDENTIAL_100", json!({ "startDate": start })).await?.json()["data"].take();
    // The first of April there.
    for (field, expected) in [
        ("startDate", "2030-03-31T18:15:00.000Z"),
        ("currentPeriodStart", "2030-03-31T18:15:00.000Z"),
        ("currentPeriodEnd", "2030-04-30T18:15:00.000Z"),
    ] {
        assert_eq!(made[field], expected, "{field}");
    }
    assert_eq!(ground.get(&format!("/api/v1/subscriptions/{}", text(&made["id"]))).await?, made);
    ground.drain().await
}
