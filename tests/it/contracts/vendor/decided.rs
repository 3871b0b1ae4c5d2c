//! Orders are decided by what vendors say, once.

use super::{Ground, acting, below};
use crate::app::{Pairing, both};
use anyhow::{Context, Result};
use chrono::TimeDelta;
use entities::{
    ids::{JobId, VendorRequestId},
    vendor_request::RequestState,
};
use kernel::{domain::vendors, jobs::Probe, ledger::NewJob};
use serde_json::{Value, json};

both!(
    a_success_of_any_attempt_decides,
    only_a_failure_of_the_latest_attempt_decides,
    what_comes_late_is_kept_and_changes_nothing,
    an_attempt_of_another_request_is_refused,
    whoever_waits_goes_on,
    what_is_given_up_stays_so,
    a_subscription_knows_its_latest_order,
    many_at_once_decide_once,
);

fn said(status: &str) -> Value {
    json!({ "status": status })
}

async fn state(ground: &Ground, id: VendorRequestId) -> Result<(RequestState, Option<String>)> {
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

async fn only_a_failure_of_the_latest_attempt_decides(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let request = ground.order(None).await?;
    let first = ground.live.read(&below(&request, "/attempts/latest")).await?;
    ground.live.make(&below(&request, "/attempts"), &json!({})).await?;
    let results = below(&request, "/results");
    let of_first = json!({ "status": "Fail", "provisionAttemptId": first["id"], "errorMessage": "not yet" });
    ground.live.make(&results, &of_first).await?;
    assert_eq!(state(&ground, request.id).await?, (RequestState::Open, None));
    ground.live.make(&results, &said("Fail")).await?;
    let reason = Some("The vendor gave no reason".to_owned());
    assert_eq!(state(&ground, request.id).await?, (RequestState::Failed, reason));
    let filtered = format!("{results}?provisionAttemptId={}", first["id"].as_str().unwrap());
    assert_eq!(ground.live.read(&filtered).await?["content"][0]["errorMessage"], "not yet");
    assert_eq!(ground.live.read(&results).await?["page"]["totalElements"], 2);
    ground.app.drain().await
}

async fn what_comes_late_is_kept_and_changes_nothing(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let request = ground.order(None).await?;
    let results = below(&request, "/results");
    ground.live.make(&results, &said("Success")).await?;
    let before = ground.kept(request.id).await?;
    let late = ground.live.make(&results, &said("Fail")).await?;
    assert_eq!(ground.kept(request.id).await?, before);
    assert_eq!(ground.live.read(&below(&request, "/results/latest")).await?, late);
    ground.app.drain().await
}

async fn an_attempt_of_another_request_is_refused(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let (request, other) = (ground.order(None).await?, ground.order(None).await?);
    let foreign = ground.live.read(&below(&other, "/attempts/latest")).await?;
    for id in [foreign["id"].clone(), json!(uuid::Uuid::now_v7())] {
        let result = json!({ "status": "Success", "provisionAttemptId": id });
        super::refused(&ground.live.post(&below(&request, "/results"), &result).await?, 404);
    }
    assert_eq!(state(&ground, request.id).await?, (RequestState::Open, None));
    assert_eq!(ground.app.count("vendor_results").await?, 0);
    ground.app.drain().await
}

/// A job that waits for an hour.
async fn waiting(ground: &Ground) -> Result<JobId> {
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

async fn what_is_given_up_stays_so(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let request = ground.order(None).await?;
    let due = ground.app.kernel.settings.vendors.deadline;
    assert_eq!(request.deadline_at, request.created_at + due);
    for reason in ["too late", "once more"] {
        let work = acting(&ground.app, "acme").await?;
        vendors::give_up(&work, request.id, reason).await?;
        work.commit().await?;
    }
    let expected = (RequestState::Failed, Some("too late".to_owned()));
    assert_eq!(state(&ground, request.id).await?, expected);
    ground.live.make(&below(&request, "/results"), &said("Success")).await?;
    assert_eq!(state(&ground, request.id).await?, expected);
    let kept = ground.kept(request.id).await?;
    assert_eq!(vendors::result_of(ground.app.kernel.db.reader(), &kept).await?, None);
    assert_eq!(ground.app.events_of("provision_request.failed").await?.len(), 1);
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
        async move { ground.live.make(path, &body).await }
    });
    futures::future::try_join_all(posts).await?;
    assert_eq!(ground.live.read(&path).await?["page"]["totalElements"], 16);
    let decided = ground.app.events_of("provision_request.succeeded").await?.len()
        + ground.app.events_of("provision_request.failed").await?.len();
    assert_eq!(decided, 1);
    ground.app.drain().await
}
