//! The secret is rotated during deliveries.

use super::{EVENTS, ends_with_again, in_the_middle};
use crate::app::{Arrival, Caller, Hook};
use anyhow::{Context, Result, ensure};
use serde_json::json;

/// How often; each time is followed by more events. With the first secret as many as may sign at once.
const ROTATIONS: usize = webhooks::wire::MOST_SECRETS - 1;

async fn rotate(caller: &Caller, hook: &Hook) -> Result<String> {
    let answer = caller.post(&format!("{}/rotate", hook.path), &json!({})).await?;
    ensure!(answer.status == 200, "{answer:?}");
    Ok(answer.json()["data"]["secret"].as_str().context("a secret")?.to_owned())
}

/// How many of the secrets, from the oldest on, have signed it; fails if a newer one has without them. All of
/// them are within their 24 hours.
fn signed_by(arrival: &Arrival, secrets: &[String]) -> Result<usize> {
    let signed: Vec<_> = secrets.iter().map(|secret| arrival.is_signed_with(secret)).collect();
    let count = signed.iter().take_while(|signed| **signed).count();
    ensure!(count > 0 && !signed[count..].contains(&true), "{signed:?} of the secrets verify {arrival:?}");
    Ok(count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_delivery_verifies_with_the_secrets_before_a_rotation_too() -> Result<()> {
    let (platform, load) = in_the_middle(1, EVENTS).await?;
    let (caller, hook, receiver) =
        (platform.caller(), load.sinks[0].hook.clone(), load.sinks[0].receiver.clone());
    let mut secrets = vec![hook.secret.clone()];
    for round in 1..=ROTATIONS {
        load.arrived(25 + 10 * round).await?;
        secrets.push(rotate(&caller, &hook).await?);
    }
    ends_with_again(load, 0).await?;
    // No worker has the endpoint now: the next one reads the secrets after the last rotation.
    let before = receiver.arrivals().len();
    caller.publish("meter.read", json!({})).await?;
    let arrivals = receiver.arrived(before + 1).await?;
    let signed = arrivals.iter().map(|it| signed_by(it, &secrets)).collect::<Result<Vec<_>>>()?;
    ensure!(signed.first() == Some(&1) && signed.last() == Some(&secrets.len()), "{signed:?}");
    Ok(())
}
