//! Deliveries, verified with the library of receivers: `standardwebhooks` for Python.

use crate::app::{Arrival, Hook, Pairing, Receiver, TestApp};
use anyhow::{Context, Result, ensure};
use harness::python;
use serde_json::{Map, Value, json};
use std::{
    io::Write,
    process::{Command, Stdio},
};

const PACKAGE: &str = "standardwebhooks==1.1.0";
const VERIFIED: &str = "verified meter.read";
const REFUSED: &str = "refused: No matching signature found";

/// A delivery, as a receiver that has this secret hands it to the library.
fn delivery(arrival: &Arrival, secret: &str) -> Value {
    let headers = arrival.headers.iter().map(|(name, value)| (name.clone(), value.clone().into()));
    let body = String::from_utf8_lossy(&arrival.body);
    json!({ "secret": secret, "headers": Value::Object(headers.collect::<Map<_, _>>()), "body": body })
}

/// Variants that differ in one thing.
fn tampered(mut delivery: Value, pointer: &str, value: &str) -> Value {
    *delivery.pointer_mut(pointer).unwrap() = value.into();
    delivery
}

/// What the library says of each.
fn verify(deliveries: &[Value]) -> Result<Vec<String>> {
    let mut program = Command::new(python::venv(&[PACKAGE])?)
        .args(["-c", include_str!("library.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = program.stdin.take().context("an input")?;
    for delivery in deliveries {
        writeln!(input, "{delivery}")?;
    }
    drop(input);
    let output = program.wait_with_output()?;
    ensure!(output.status.success(), "{}", output.status);
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

/// Two deliveries, the second one made while two secrets sign, with the secrets in their order.
async fn around_a_rotation() -> Result<([Arrival; 2], [String; 2])> {
    let (app, caller) = TestApp::delivering(Pairing::Embedded, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook: Hook = caller.hook(&receiver, json!({})).await?;
    caller.publish("meter.read", json!({ "subject": "Ärger mit „Anführungszeichen“ \u{1f4a1}" })).await?;
    receiver.arrived(1).await?;
    let answer = caller.post(&format!("{}/rotate", hook.path), &json!({})).await?;
    let newer = answer.json()["data"]["secret"].as_str().context("a secret")?.to_owned();
    // The previous delivery is recorded, and the next session reads the secrets again.
    caller.attempts(&hook, 1).await?;
    app.at_rest().await?;
    caller.publish("meter.read", json!({ "n": 2 })).await?;
    let arrivals = receiver.arrived(2).await?;
    app.drain().await?;
    Ok((arrivals.try_into().ok().context("two deliveries")?, [hook.secret, newer]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_verify_and_tampered_ones_do_not() -> Result<()> {
    let ([before, during], [older, newer]) = around_a_rotation().await?;
    let real = delivery(&during, &newer);
    let body = real["body"].as_str().context("a body")?.replace("\"n\":2", "\"n\":3");
    let soon = (during.header("webhook-timestamp").parse::<u64>()? + 1).to_string();
    let cases = [
        (delivery(&before, &older), VERIFIED),
        (delivery(&before, &newer), REFUSED),
        (delivery(&during, &older), VERIFIED),
        (real.clone(), VERIFIED),
        (tampered(real.clone(), "/body", &body), REFUSED),
        (tampered(real.clone(), "/headers/webhook-id", before.id()), REFUSED),
        (tampered(real.clone(), "/headers/webhook-timestamp", &soon), REFUSED),
        (tampered(real, "/headers/webhook-signature", before.header("webhook-signature")), REFUSED),
    ];
    let (deliveries, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    assert_eq!(verify(&deliveries)?, expected);
    Ok(())
}
