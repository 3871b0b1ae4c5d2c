//! Allowed and forbidden operations in each state of a subscription.

use super::{Ground, id};
use crate::app::{Pairing, both};
use anyhow::Result;
use entities::subscription::{self, SubscriptionStatus};
use isp::lifecycle;
use isp::subscriptions;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

both!(
    what_a_state_does_not_allow_is_refused_with_its_name,
    a_tier_has_to_be_higher_or_lower,
    a_tier_is_had_once,
    dates_have_to_make_sense,
    a_suspended_one_says_why_and_until_when,
);

/// Subscriptions in all the states, with the word that refusals have for it; where they are.
async fn in_all_states(ground: &Ground) -> Result<Vec<(&'static str, String)>> {
    let pending = ground.order("RESIDENTIAL_100", json!({})).await?;
    let pending = pending.header("location").trim_start_matches("/partner").to_owned();
    let cancelled = ground.active("RESIDENTIAL_500").await?;
    let work = ground.work().await?;
    lifecycle::end(&work, id(&cancelled)?, work.now()).await?;
    work.commit().await?;
    let active = ground.active("RESIDENTIAL_500").await?;
    let suspended = ground.active("RESIDENTIAL_1G").await?;
    ground.done(&suspended, "suspend", json!({})).await?;
    let late = ground.active("BUSINESS_1G").await?;
    let work = ground.work().await?;
    let mut row = subscriptions::lock(&work, id(&late)?).await?.into_active_model();
    row.status = Set(SubscriptionStatus::PastDue);
    let _: subscription::Model = row.update(&work.transaction().await?).await?;
    work.commit().await?;
    Ok(vec![
        ("pending", pending),
        ("ended", cancelled),
        ("active", active),
        ("suspended", suspended),
        ("active", late),
    ])
}

async fn what_a_state_does_not_allow_is_refused_with_its_name(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let states = in_all_states(&ground).await?;
    for (state, path) in &states {
        let before = ground.get(path).await?;
        let tier = json!({ "newTier": "BUSINESS_10G" });
        let allowed: &[_] = match *state {
            "active" => &["suspend", "upgrade"],
            "suspended" => &["resume", "upgrade"],
            _ => &[],
        };
        for (what, body) in
            [("upgrade", tier.clone()), ("downgrade", tier), ("suspend", json!({})), ("resume", json!({}))]
        {
            // A downgrade to the highest tier is refused where downgrades are allowed, too.
            let is_refused_for_its_tier = what == "downgrade" && !allowed.is_empty();
            if !allowed.contains(&what) && !is_refused_for_its_tier {
                let said = ground.wrong(path, what, body).await?;
                assert!(said.starts_with("status: ") && said.contains(state), "{state}, {what}: {said}");
            }
        }
        assert_eq!(ground.get(path).await?, before, "{state}");
    }
    for (state, path) in &states {
        match *state {
            "active" => {
                let was = ground.get(path).await?["status"].clone();
                let done = ground.done(path, "suspend", json!({})).await?;
                assert_eq!([&done["previousStatus"], &done["newStatus"]], [&was, &json!("SUSPENDED")]);
            }
            "suspended" => {
                let done = ground.done(path, "resume", json!({})).await?;
                assert_eq!(done["newStatus"], "ACTIVE");
            }
            _ => {}
        }
    }
    ground.drain().await
}

async fn a_tier_has_to_be_higher_or_lower(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let path = ground.active("RESIDENTIAL_1G").await?;
    for (what, tiers) in [
        ("upgrade", ["RESIDENTIAL_100", "RESIDENTIAL_500", "RESIDENTIAL_1G"]),
        ("downgrade", ["RESIDENTIAL_1G", "BUSINESS_1G", "BUSINESS_10G"]),
    ] {
        for tier in tiers {
            let said = ground.wrong(&path, what, json!({ "newTier": tier })).await?;
            assert!(said.starts_with("newTier: "), "{what} to {tier}: {said}");
        }
    }
    let up = ground.done(&path, "upgrade", json!({ "newTier": "BUSINESS_1G" })).await?;
    assert_eq!([&up["previousTier"], &up["newTier"]], ["RESIDENTIAL_1G", "BUSINESS_1G"]);
    assert_eq!(ground.get(&path).await?["monthlyPrice"], json!(199.99));
    let down = ground.done(&path, "downgrade", json!({ "newTier": "RESIDENTIAL_100" })).await?;
    assert_eq!([&down["previousTier"], &down["newTier"]], ["BUSINESS_1G", "RESIDENTIAL_100"]);
    let after = ground.get(&path).await?;
    assert_eq!((&after["serviceTier"], &after["monthlyPrice"]), (&json!("RESIDENTIAL_100"), &json!(49.99)));
    let counts = [ground.count("upgraded").await?, ground.count("downgraded").await?];
    assert_eq!((counts, ground.count("updated").await?), ([1, 1], 3));
    ground.drain().await
}

async fn a_tier_is_had_once(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let low = ground.active("RESIDENTIAL_100").await?;
    ground.active("RESIDENTIAL_500").await?;
    for more in [json!({}), json!({ "effectiveDate": ground.at(3600) })] {
        let mut body = json!({ "newTier": "RESIDENTIAL_500" });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        let answer = ground.caller.post(&format!("{low}/upgrade"), &body).await?;
        assert_eq!((answer.status, &answer.json()["details"]["field"]), (409, &json!("newTier")));
    }
    assert_eq!(ground.get(&low).await?["serviceTier"], "RESIDENTIAL_100");
    ground.drain().await
}

async fn dates_have_to_make_sense(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let path = ground.active("RESIDENTIAL_100").await?;
    let tier = |date: Value| json!({ "newTier": "RESIDENTIAL_500", "effectiveDate": date });
    for date in [json!(ground.at(-3600)), json!(ground.at(3_654 * 86_400)), json!("soon")] {
        let said = ground.wrong(&path, "upgrade", tier(date)).await?;
        assert!(said.starts_with("effectiveDate: "), "{said}");
    }
    let old = ground
        .order("BUSINESS_1G", json!({ "startDate": ground.at(-86_400), "alreadyInstalled": true }))
        .await?;
    let old = old.header("location").trim_start_matches("/partner").to_owned();
    let late = json!({ "newTier": "BUSINESS_10G", "effectiveDate": ground.at(-61) });
    assert!(ground.wrong(&old, "upgrade", late).await?.contains("past"));
    let skewed = json!({ "newTier": "BUSINESS_10G", "effectiveDate": ground.at(-20) });
    ground.done(&old, "upgrade", skewed).await?;
    for date in [ground.at(-60), ground.at(0), ground.at(3_654 * 86_400)] {
        let said = ground.wrong(&path, "suspend", json!({ "scheduledResumeDate": date })).await?;
        assert!(said.starts_with("scheduledResumeDate: "), "{said}");
    }
    assert_eq!(ground.get(&path).await?["status"], "ACTIVE");
    ground.drain().await
}

async fn a_suspended_one_says_why_and_until_when(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let path = ground.active("RESIDENTIAL_100").await?;
    let until = ground.at(7 * 86_400);
    ground.done(&path, "suspend", json!({ "reason": "Vacation", "scheduledResumeDate": until })).await?;
    let suspended = ground.get(&path).await?;
    assert_eq!((&suspended["status"], &suspended["reason"]), (&json!("SUSPENDED"), &json!("Vacation")));
    assert_eq!(suspended["scheduledResumeDate"].as_str().unwrap()[..19], until[..19]);
    ground.done(&path, "resume", json!({})).await?;
    let resumed = ground.get(&path).await?;
    assert_eq!((&resumed["status"], &resumed["scheduledResumeDate"]), (&json!("ACTIVE"), &Value::Null));
    ground.drain().await
}
