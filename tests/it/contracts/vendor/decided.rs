//! Orders are decided by results of vendors, once.

use super::{Ground, SIMULATE, acting, below, of, refused};
use crate::app::{Pairing, both};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use engine::{jobs::Probe, ledger::NewJob};
use entities::{
    ids::{JobId, VendorRequestId, VendorResultId},
    vendor_request::{self, RequestState},
};
use isp::vendors;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::{Value, json};

both!(
    a_success_of_any_attempt_decides,
    a_failure_is_not_the_end,
    what_comes_late_is_refused_and_recorded,
    an_attempt_of_another_request_is_refused,
    whoever_waits_goes_on,
    histories_have_bounds,
    what_was_decided_before_stays_so,
    a_subscription_knows_its_latest_order,
    many_at_once_decide_once,
);

pub(super) fn said(status: &str) -> Value {
    json!({ "status": status })
}

pub(super) async fn state(ground: &Ground, id: VendorRequestId) -> Result<(RequestState, Option<String>)> {
    let request = ground.kept(id).await?;
    assert_eq!(request.decided_at.is_some(), request.state != RequestState::Open);
    Ok((request.state, request.reason))
}

async fn a_success_of_any_attempt_decides(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let request = ground.order(None).await?;
    let first = ground.live.read(&below(&request, "/attempts/latest")).await?;
    ground.live.make(&below(&request, "/attempts"), &json!({})).await?;
    let result = json!({ "status": "Success", "provisionAttemptId": first["id"] });
    let told = ground.live.make(&below(&request, "/results"), &result).await?;
    assert_eq!(state(&ground, request.id).await?, (RequestState::Succeeded, None));
    let kept = ground.kept(request.id).await?;
    let decided = vendors::result_of(ground.app.kernel.db.reader(), &kept).await?.context("a result")?;
    assert_eq!(told["id"], decided.id.0.to_string());
    assert_eq!(ground.app.events_of("provision_request.succeeded").await?.len(), 1);
    assert_eq!(ground.live.post(&below(&request, "/attempts"), &json!({})).await?.status, 409);
    ground.app.drain().await
}

/// The same in simulation and in production.
async fn a_failure_is_not_the_end(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let live = below(&ground.order(None).await?, "");
    let play = ground.play.make(SIMULATE, &json!({})).await?;
    for (desk, request) in [(&ground.live, live), (&ground.play, of(&play["provisionRequest"], ""))] {
        let at = |rest: &str| format!("{request}{rest}");
        let first = desk.read(&at("/attempts/latest")).await?;
        for (result, reason) in [
            (json!({ "status": "Fail", "errorMessage": "no such domain" }), "no such domain"),
            (said("Fail"), "The vendor gave no reason"),
        ] {
            desk.make(&at("/results"), &result).await?;
            let id = request.rsplit('/').next().unwrap().parse()?;
            assert_eq!(state(&ground, VendorRequestId(id)).await?, (RequestState::Open, Some(reason.into())));
        }
        assert_eq!(desk.read("/provision-requests/unfulfilled").await?["page"]["totalElements"], 1);
        let detail =
            desk.make(&at("/details"), &json!({ "details": { "domain": { "value": "b" } } })).await?;
        let second = desk.make(&at("/attempts"), &json!({})).await?;
        assert_eq!(second["provisionDetailId"], detail["id"]);
        // A late word on an earlier attempt is kept too.
        let of_first = json!({ "status": "Fail", "provisionAttemptId": first["id"] });
        desk.make(&at("/results"), &of_first).await?;
        let filtered = at(&format!("/results?provisionAttemptId={}", first["id"].as_str().unwrap()));
        assert_eq!(desk.read(&filtered).await?["page"]["totalElements"], 3);
        desk.make(&at("/results"), &said("Success")).await?;
        assert_eq!(desk.read("/provision-requests/unfulfilled").await?["content"], json!([]));
        for rest in ["/attempts", "/details", "/results"] {
            refused(&desk.post(&at(rest), &said("Fail")).await?, 409);
        }
    }
    assert_eq!(ground.app.events_of("provision_request.succeeded").await?.len(), 2);
    assert_eq!(ground.app.count("vendor_results").await?, 8);
    ground.app.drain().await
}

async fn what_comes_late_is_refused_and_recorded(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let request = ground.order(None).await?;
    let results = below(&request, "/results");
    ground.live.make(&results, &said("Success")).await?;
    let before = ground.kept(request.id).await?;
    let decided = before.decided_at.context("a time")?.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    for late in [json!({ "status": "Fail", "errorMessage": "after all" }), said("Success")] {
        let with_key = ground.live.request(reqwest::Method::POST, &results).header("idempotency-key", "late");
        let answer = ground.live.caller.send(with_key.json(&late)).await?;
        refused(&answer, 409);
        let expected = format!("The provision request was fulfilled at {decided}");
        assert_eq!(answer.json()["message"], expected);
    }
    assert_eq!(ground.kept(request.id).await?, before);
    assert_eq!(ground.app.count("vendor_results").await?, 1);
    let recorded = ground.app.events_of("provision_result.refused").await?;
    assert_eq!(recorded.len(), 2);
    assert_eq!(recorded[0].resource_id, request.id.0);
    let told: Value = recorded[0].payload.read()?;
    assert_eq!((&told["status"], &told["error_message"]), (&json!("Fail"), &json!("after all")));
    ground.app.drain().await
}

async fn an_attempt_of_another_request_is_refused(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let (request, other) = (ground.order(None).await?, ground.order(None).await?);
    let foreign = ground.live.read(&below(&other, "/attempts/latest")).await?;
    for id in [foreign["id"].clone(), json!(uuid::Uuid::now_v7())] {
        let result = json!({ "status": "Success", "provisionAttemptId": id });
        refused(&ground.live.post(&below(&request, "/results"), &result).await?, 404);
    }
    assert_eq!(state(&ground, request.id).await?, (RequestState::Open, None));
    assert_eq!(ground.app.count("vendor_results").await?, 0);
    ground.app.drain().await
}

/// A job that waits for an hour.
pub(super) async fn waiting(ground: &Ground) -> Result<JobId> {
    let at = ground.app.clock.now() + TimeDelta::hours(1);
    ground.app.enqueue(NewJob::new(None, &Probe::default())?.run_at(at)).await
}

async fn whoever_waits_goes_on(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let (answered, given_up) = (waiting(&ground).await?, waiting(&ground).await?);
    let request = ground.order(Some(answered)).await?;
    ground.live.make(&below(&request, "/results"), &said("Success")).await?;
    ground.app.ended(answered).await?;
    let request = ground.order(Some(given_up)).await?;
    let work = acting(&ground.app, "acme").await?;
    vendors::give_up(&work, request.id, "too late").await?;
    work.commit().await?;
    ground.app.ended(given_up).await?;
    ground.app.drain().await
}

async fn histories_have_bounds(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let request = ground.order(None).await?;
    for (rest, body, first) in [
        ("/attempts", json!({}), 1),
        ("/details", json!({ "details": {} }), 1),
        ("/results", said("Fail"), 0),
    ] {
        for _ in first..100 {
            ground.live.make(&below(&request, rest), &body).await?;
        }
        let answer = ground.live.post(&below(&request, rest), &body).await?;
        refused(&answer, 409);
        assert!(answer.text.contains("100"), "{answer:?}");
    }
    let long = json!({ "status": "Success", "externalProvisionerSubscriptionId": "x".repeat(256) });
    refused(&ground.live.post(&below(&request, "/results"), &long).await?, 400);
    // What counts is never too much.
    ground.live.make(&below(&request, "/results"), &said("Success")).await?;
    ground.app.drain().await
}

/// By the version before a `Fail` decided, and a simulated request could be opened again.
async fn what_was_decided_before_stays_so(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let request = ground.order(None).await?;
    let failed = ground.live.make(&below(&request, "/results"), &said("Fail")).await?;
    let row = vendor_request::ActiveModel {
        id: Set(request.id),
        state: Set(RequestState::Failed),
        reason: Set(Some("no cable".into())),
        result_id: Set(Some(VendorResultId(failed["id"].as_str().context("an id")?.parse()?))),
        decided_at: Set(Some(request.created_at)),
        ..Default::default()
    };
    row.update(ground.app.kernel.db.writer()).await?;
    assert_eq!(ground.live.read("/provision-requests/unfulfilled").await?["content"], json!([]));
    assert_eq!(ground.live.read("/provision-requests").await?["page"]["totalElements"], 1);
    assert_eq!(ground.live.read(&below(&request, "/results/latest")).await?, failed);
    let late = ground.live.post(&below(&request, "/attempts"), &json!({})).await?;
    refused(&late, 409);
    assert!(late.json()["message"].as_str().is_some_and(|text| text.ends_with(": no cable")), "{late:?}");
    ground.app.drain().await
}

async fn a_subscription_knows_its_latest_order(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let first = ground.order(None).await?;
    let subscription = first.subscription_id.context("a subscription")?;
    let work = acting(&ground.app, "acme").await?;
    let again = super::NewOrder { subscription, ..super::new_order(&ground.provisioner, None) };
    let second = vendors::order(&work, again).await?;
    work.commit().await?;
    let latest = vendors::latest_of(ground.app.kernel.db.reader(), subscription).await?;
    assert_eq!(latest.map(|request| request.id), Some(second.id));
    ground.app.drain().await
}

async fn many_at_once_decide_once(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let request = ground.order(None).await?;
    let path = below(&request, "/results");
    let posts = (0..16).map(|n| {
        let body = said(if n % 2 == 0 { "Success" } else { "Fail" });
        let (ground, path) = (&ground, &path);
        async move { ground.live.post(path, &body).await }
    });
    let answers = futures::future::try_join_all(posts).await?;
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 409)), "{answers:?}");
    assert_eq!(ground.live.read(&path).await?["page"]["totalElements"], taken);
    assert_eq!(ground.app.events_of("provision_result.refused").await?.len(), 16 - taken);
    assert_eq!(ground.app.events_of("provision_request.succeeded").await?.len(), 1);
    ground.app.drain().await
}
